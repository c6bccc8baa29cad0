import { type BuildOptions, build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

/** Inputs that are evaluated when the bundle is loaded: what is reached without a dynamic import. */
function evaluatedAtLoad(inputs: Metafile['inputs'], entry: string): Set<string> {
  const reached = new Set([entry]);
  for (const file of reached) {
    for (const { path, kind, external } of inputs[file]?.imports ?? []) {
      if (!external && kind !== 'dynamic-import') reached.add(path);
    }
  }
  return reached;
}

const options: BuildOptions = {
  entryPoints: ['src/extension.ts'],
  bundle: true,
  platform: 'node',
  target: 'node22',
  mainFields: ['module', 'main'],
  external: ['vscode', 'onnxruntime-node'],
  metafile: true,
  write: false,
  logLevel: 'silent',
};

describe('the extension bundle', () => {
  let inputs: Metafile['inputs'];
  let eager: Set<string>;

  beforeAll(async () => {
    const result = await build({ ...options, format: 'cjs' });
    inputs = result.metafile!.inputs;
    eager = evaluatedAtLoad(inputs, 'src/extension.ts');
  });

  it('evaluates no library at activation but the few lines that look up texts', () => {
    expect([...eager].filter((file) => file.includes('node_modules'))).toEqual([
      'node_modules/@vscode/l10n/dist/main.js',
    ]);
    expect(
      [...eager].filter((file) =>
        /^src\/(actions|engines|trainer|g2rl|tasks|answers|benchmarks|hub|embeddings|cli|experiment|findings|query|mcp)\//.test(
          file,
        ),
      ),
    ).toEqual([]);
  });

  it('holds the libraries for later, but never ONNX Runtime', () => {
    const all = Object.keys(inputs);
    expect(all.some((file) => file.includes('node_modules/zod/'))).toBe(true);
    expect(all.some((file) => file.includes('node_modules/chokidar/'))).toBe(true);
    // The server for agents is a process of its own.
    expect(all.some((file) => file.includes('modelcontextprotocol'))).toBe(false);
    const engine = Object.values(inputs).flatMap((input) => input.imports);
    expect(engine.some(({ path }) => path.includes('onnxruntime'))).toBe(false);
  });

  it('reads runs without the library of schemas', async () => {
    const { metafile } = await build({
      ...options,
      format: 'esm',
      splitting: true,
      outdir: 'unwritten',
    });
    const reading = Object.entries(metafile!.outputs).find(([, output]) =>
      Object.hasOwn(output.inputs, 'src/runs/read/reader.ts'),
    );
    const reached = new Set([reading![0]]);
    for (const file of reached) {
      for (const { path, kind } of metafile!.outputs[file]?.imports ?? []) {
        if (kind === 'import-statement') reached.add(path);
      }
    }
    const inputs = [...reached].flatMap((file) => Object.keys(metafile!.outputs[file]?.inputs ?? {}));
    expect(inputs.filter((input) => input.includes('node_modules/zod/'))).toEqual([]);
  });
});
