import { build, type Metafile } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';

let inputs: Record<'trainer' | 'engine-worker', Metafile['inputs']>;

beforeAll(async () => {
  const inputsOf = async (entryPoint: string) => {
    const { metafile } = await build({
      entryPoints: [entryPoint],
      bundle: true,
      platform: 'node',
      format: 'cjs',
      mainFields: ['module', 'main'],
      external: ['onnxruntime-node'],
      metafile: true,
      write: false,
      logLevel: 'silent',
    });
    return metafile.inputs;
  };
  inputs = {
    trainer: await inputsOf('src/trainer/main.ts'),
    'engine-worker': await inputsOf('src/trainer/worker.ts'),
  };
});

const requires = (bundle: keyof typeof inputs, library: string) =>
  Object.values(inputs[bundle]).some(({ imports }) => imports.some(({ path }) => path.includes(library)));

test('the process that supervises a run, of either engine, loads no ONNX Runtime', () => {
  const files = Object.keys(inputs.trainer);
  expect(files).toContain('src/engines/torch/run/torch-engine.ts');
  expect(requires('trainer', 'onnxruntime')).toBe(false);
  expect(files.filter((file) => file.startsWith('src/engines/embedded/'))).toEqual([]);
});

test('the thread of the embedded engine does, and has nothing of torch', () => {
  expect(requires('engine-worker', 'onnxruntime')).toBe(true);
  expect(
    Object.keys(inputs['engine-worker']).filter((file) => file.startsWith('src/engines/torch/')),
  ).toEqual([]);
});
