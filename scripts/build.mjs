/**
 * Bundles everything that runs in Node: the extension host's entry, the command line, the trainer process and
 * the threads of the engine and of the statistics. ONNX Runtime stays outside (it is native); `vscode` is given by the editor.
 */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { build, transform } from 'esbuild';
import { removeRuntime } from './lib/runtime.mjs';

const production = process.argv.includes('--production');

/** @type {import('esbuild').BuildOptions} */
const options = {
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node22',
  // jsonc-parser's "main" hides its parts behind a require that no bundler can follow; its "module" does not.
  mainFields: ['module', 'main'],
  external: ['vscode', 'onnxruntime-node'],
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': JSON.stringify(production ? 'production' : 'development') },
};

// A runtime copied for packaging may be another platform's; what is built here runs with node_modules' own.
removeRuntime();

await build({
  ...options,
  format: 'cjs',
  entryPoints: {
    cli: 'src/cli/main.ts',
    trainer: 'src/trainer/main.ts',
    study: 'src/studies/runner/main.ts',
    'engine-worker': 'src/trainer/worker.ts',
    statistics: 'src/studies/report/statistics-worker.ts',
  },
});
await buildExtension();

// The command line is a separate program; its entry file starts with the line that names Node.
chmodSync('dist/cli.cjs', 0o755);

/**
 * The editor waits while it compiles the extension's entry, so that later imports have separate files.
 * esbuild splits ES modules only: split first, then made CommonJS file by file.
 */
async function buildExtension() {
  rmSync('dist/extension', { recursive: true, force: true });
  const { outputFiles } = await build({
    ...options,
    entryPoints: { extension: 'src/extension.ts' },
    format: 'esm',
    splitting: true,
    chunkNames: 'extension/[name]-[hash]',
    sourcemap: production ? false : 'inline',
    write: false,
  });
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: 'node22',
      supported: { 'dynamic-import': false },
      minify: production,
      sourcemap: production ? false : 'inline',
    });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
}
