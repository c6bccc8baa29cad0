/**
 * Bundles everything that runs in Node: the extension host's entry, the command line, the trainer process and
 * the engine's worker. ONNX Runtime stays outside (it is native); `vscode` is given by the editor.
 */
import { chmodSync, existsSync } from 'node:fs';
import { build } from 'esbuild';
import { removeRuntime } from './lib/runtime.mjs';

const production = process.argv.includes('--production');

/** Output name in `dist/` and entry file. */
const entries = {
  extension: 'src/extension.ts',
  cli: 'src/cli/main.ts',
  trainer: 'src/engine/main.ts',
  'engine-worker': 'src/engine/worker.ts',
};

// A runtime copied for packaging may be another platform's; what is built here runs with node_modules' own.
removeRuntime();

await build({
  entryPoints: Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(file))),
  outdir: 'dist',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // jsonc-parser's "main" hides its parts behind a require that no bundler can follow; its "module" does not.
  mainFields: ['module', 'main'],
  external: ['vscode', 'onnxruntime-node'],
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
  define: { 'process.env.NODE_ENV': JSON.stringify(production ? 'production' : 'development') },
});

// The command line is a program of its own; its entry file starts with the line that names Node.
const cli = 'dist/cli.cjs';
if (existsSync(cli)) chmodSync(cli, 0o755);
