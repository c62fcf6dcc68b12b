import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

type Options = NonNullable<TestProjectInlineConfiguration['test']>;

// What wants ANFANG_BIN (the server's program) and a Chromium.
function browsers(name: string, include: string[], more: Options = {}) {
  const test: Options = {
    name,
    include,
    globalSetup: 'e2e/county.ts',
    environment: 'node',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 1,
    ...more,
  };
  return { plugins: [svelte()], test };
}

// Most of a browser test's time is waiting: two files at a time, each worker with a county of its own.
const together = process.env.ANFANG_DATA ? 1 : 2;

// `unit`: no browser, no server. `budget` is measured, and wants the machine for itself: after all others.
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [svelte()],
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts'],
          environment: 'node',
          testTimeout: 120_000,
        },
      },
      browsers('e2e', ['e2e/**/*.e2e.ts'], { exclude: ['e2e/budget.e2e.ts'], maxWorkers: together }),
      browsers('budget', ['e2e/budget.e2e.ts'], { sequence: { groupOrder: 1 } }),
      browsers('shots', ['e2e/**/*.shots.ts'], { testTimeout: 600_000 }),
    ],
  },
});
