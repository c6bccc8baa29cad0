import { build, type Metafile } from 'esbuild';
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

describe('the extension bundle', () => {
  let inputs: Metafile['inputs'];
  let eager: Set<string>;

  beforeAll(async () => {
    const result = await build({
      entryPoints: ['src/extension.ts'],
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      mainFields: ['module', 'main'],
      external: ['vscode', 'onnxruntime-node'],
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    inputs = result.metafile.inputs;
    eager = evaluatedAtLoad(inputs, 'src/extension.ts');
  });

  it('evaluates no library at activation', () => {
    expect([...eager].filter((file) => file.includes('node_modules'))).toEqual([]);
    expect(
      [...eager].filter((file) =>
        /^src\/(actions|engines|trainer|g2rl|tasks|answers|benchmarks|cli|experiment)\//.test(file),
      ),
    ).toEqual([]);
  });

  it('holds the libraries for later, but never ONNX Runtime', () => {
    const all = Object.keys(inputs);
    expect(all.some((file) => file.includes('node_modules/zod/'))).toBe(true);
    expect(all.some((file) => file.includes('node_modules/chokidar/'))).toBe(true);
    const engine = Object.values(inputs).flatMap((input) => input.imports);
    expect(engine.some(({ path }) => path.includes('onnxruntime'))).toBe(false);
  });
});
