import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// Served at `/`; everything but the page itself lies below /desk/, out of the way of /v1, /docs and /field.
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [svelte()],
  build: {
    outDir: '../dist/desk',
    assetsDir: 'desk/assets',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: {
        // A worker's module is a script like any other: one ending, one media type.
        assetFileNames: ({ names }) =>
          names[0]?.endsWith('.mjs') ? 'desk/assets/[name]-[hash].js' : 'desk/assets/[name]-[hash][extname]',
      },
    },
    chunkSizeWarningLimit: 1200,
  },
});
