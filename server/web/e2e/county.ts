// Before all browser tests: a fictional county, made once, in a folder that is thrown away afterwards. ANFANG_DATA
// names one that is there already.
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
  const kept = process.env.ANFANG_DATA;
  if (kept) {
    project.provide('bin', bin);
    project.provide('data', kept);
    return () => undefined;
  }
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
  try {
    execFileSync(bin, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 170_000 });
  } catch (error) {
    // The demo's own closing check is its affair; a county that is not there shows at the first sign-in.
    console.warn(String((error as { stderr?: Buffer }).stderr ?? error).slice(-300));
  }
  project.provide('bin', bin);
  project.provide('data', data);
  return () => rmSync(folder, { recursive: true, force: true });
}
