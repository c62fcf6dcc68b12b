import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const here = import.meta.dirname;

/** Of no use without a network, as joining is: fetched when it is wanted, and not kept. */
const isLater = (fileName: string) => /\/Scanner-/.test(fileName);

/** Writes the names of the files of this build into the service worker. */
function precache(): Plugin {
  return {
    name: 'precache',
    apply: 'build',
    generateBundle(_, bundle) {
      const made = Object.values(bundle).filter(({ fileName }) => fileName !== 'index.html');
      const still = ['icon.svg', 'icon-192.png', 'manifest.webmanifest'];
      const hash = createHash('sha256');
      for (const one of made) hash.update(one.fileName).update(one.type === 'chunk' ? one.code : one.source);
      for (const name of still) hash.update(readFileSync(join(here, 'public', name)));
      hash.update(readFileSync(join(here, 'index.html')));
      const files = [
        '/field/',
        ...[...made.map(({ fileName }) => fileName).filter((name) => !isLater(name)), ...still].map(
          (name) => `/field/${name}`,
        ),
      ];
      const source = readFileSync(join(here, 'sw.js'), 'utf8')
        .replace('__VERSION__', hash.digest('hex').slice(0, 16))
        .replace("['__FILES__']", JSON.stringify(files));
      this.emitFile({ type: 'asset', fileName: 'sw.js', source });
    },
  };
}

export default defineConfig({
  root: here,
  base: '/field/',
  plugins: [svelte(), precache()],
  build: {
    outDir: '../dist/field',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
