// Before all browser tests: a fictional county for each file of tests that runs beside others, made once, in a folder that is
// thrown away afterwards. ANFANG_DATA names one that is there already; then one file runs at a time.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { freePort } from './ports';

declare module 'vitest' {
  interface ProvidedContext {
    bin: string;
    /** The counties' folders: that of a worker stands at its number. */
    data: string[];
  }
}

const DEFAULT_BIN = join(import.meta.dirname, '../../../target/debug/anfang');

async function make(bin: string, data: string): Promise<void> {
  const listen = ['--listen', `127.0.0.1:${await freePort()}`];
  const args = ['demo', '--data-dir', data, ...listen, '--phones', '1', '--inspections', '1', '--once'];
  try {
    await promisify(execFile)(bin, args, { timeout: 170_000 });
  } catch (error) {
    // The demo's own closing check is its affair; a county that is not there shows at the first sign-in.
    console.warn(String((error as { stderr?: string }).stderr || error).slice(-300));
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const bin = process.env.ANFANG_BIN ?? DEFAULT_BIN;
  if (!existsSync(bin)) throw new Error(`set ANFANG_BIN: there is no server program at ${bin}`);
  project.provide('bin', bin);
  const kept = process.env.ANFANG_DATA;
  if (kept) {
    project.provide('data', [kept]);
    return () => undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'anfang-web-'));
  const data = Array.from({ length: project.config.maxWorkers }, (_, n) => join(folder, `county-${n + 1}`));
  await Promise.all(data.map((one) => make(bin, one)));
  project.provide('data', data);
  return () => rmSync(folder, { recursive: true, force: true });
}
