/**
 * Bundles everything that runs in Node: the extension host's entry, the command line, the trainer process and
 * the threads of the engine, of the statistics and of judging again. ONNX Runtime stays outside (it is native); `vscode` is given by the editor.
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

/** A Node without what the programs use fails somewhere inside of them: this line comes before their first one. */
const requireNode = `if (Number(process.versions.node.split('.')[0]) < 22) {
  process.stderr.write('g2rl needs Node 22.22 or newer; ' + process.execPath + ' is ' + process.version + '. Install a newer one, or set G2RL_NODE to one.\\n');
  process.exit(1);
}`;

// A runtime copied for packaging may be another platform's; what is built here runs with node_modules' own.
removeRuntime();

await build({
  ...options,
  format: 'cjs',
  banner: { js: requireNode },
  entryPoints: {
    cli: 'src/cli/main.ts',
    trainer: 'src/trainer/main.ts',
    study: 'src/studies/runner/main.ts',
    'engine-worker': 'src/trainer/worker.ts',
    'engine-share': 'src/engines/embedded/share-worker.ts',
    'reward-guard': 'src/rewards/guard.ts',
    statistics: 'src/studies/report/statistics-worker.ts',
    rejudge: 'src/actions/results/rejudge-worker.ts',
    logs: 'src/actions/logs/thread.ts',
  },
});
await buildJudge();
await buildExtension();

// The command line is a separate program; its entry file starts with the line that names Node.
chmodSync('dist/cli.cjs', 0o755);

/** The judge of answers without anything of Node: the torch engine runs it inside Python. */
async function buildJudge() {
  await build({
    ...options,
    outdir: undefined,
    outfile: 'src/torch/g2rl_torch/tasks/judge.js',
    outExtension: undefined,
    entryPoints: ['src/answers/program.ts'],
    platform: 'browser',
    mainFields: ['browser', 'module', 'main'],
    target: 'es2022',
    format: 'iife',
    globalName: 'g2rlJudge',
    sourcemap: false,
    charset: 'utf8',
  });
}

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
