// Before all browser tests: a fictional county, made once, in a folder that is thrown away afterwards.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    bin: string;
    data: string;
  }
}

const DEFAULT_BIN = join(import.meta.dirname, '../../../target/debug/anfang');

export default function setup(project: TestProject): () => void {
  const bin = process.env.ANFANG_BIN ?? DEFAULT_BIN;
  if (!existsSync(bin)) throw new Error(`set ANFANG_BIN: there is no server program at ${bin}`);
  const folder = mkdtempSync(join(tmpdir(), 'anfang-web-'));
  const data = join(folder, 'data');
  const args = [
    'demo',
    '--data-dir',
    data,
    '--listen',
    '127.0.0.1:8790',
    '--phones',
    '1',
    '--inspections',
    '1',
    '--once',
  ];
  execFileSync(bin, args, { stdio: ['ignore', 'ignore', 'ignore'], timeout: 170_000 });
  project.provide('bin', bin);
  project.provide('data', data);
  return () => rmSync(folder, { recursive: true, force: true });
}
