import { resolve } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const here = import.meta.dirname;

/** Fixed names: the extension host writes the page that loads them. */
export default defineConfig({
  root: here,
  logLevel: 'warn',
  plugins: [svelte()],
  build: {
    outDir: resolve(here, '../dist/webview'),
    emptyOutDir: true,
    target: 'chrome120',
    // One style sheet for all pages: it is small, and a page must not wait for a second one.
    cssCodeSplit: false,
    modulePreload: false,
    chunkSizeWarningLimit: 1000,
    rollupOptions: {
      input: Object.fromEntries(
        ['compare', 'dashboard', 'judge', 'panel', 'runs', 'setup'].map((page) => [
          page,
          resolve(here, `src/${page}.ts`),
        ]),
      ),
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: '[name].js',
        assetFileNames: 'webview[extname]',
      },
    },
  },
});
