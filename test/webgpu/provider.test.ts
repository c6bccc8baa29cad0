/** What of ONNX Runtime's WebGPU provider the engine relies on. */
import { expect, test } from 'vitest';
import { GraphBuilder } from '../../src/engines/embedded/graph/builder.js';
import { Program } from '../../src/engines/embedded/program.js';
import { builtDevices, runtimeOptions } from '../../src/engines/embedded/provider.js';

const options = runtimeOptions(1, 'webgpu');

test('this ONNX Runtime has both providers', () => {
  expect(builtDevices()).toEqual(['cpu', 'webgpu']);
});

test('a node that the provider cannot compute is refused when the graph is compiled', async () => {
  const graph = new GraphBuilder('fallback', 'webgpu');
  const x = graph.input('x', 'float32', [4, 4]);
  // Around the builder's replacement for it.
  const [product] = graph.nodeOutputs('FusedMatMul', [x, x], [[4, 4]], { domain: 'com.microsoft' });
  graph.output('y', product!);
  await expect(Program.compile(graph, options)).rejects.toThrow(/fallback/i);
});

test('a graph that is built for another device is refused', async () => {
  const graph = new GraphBuilder('other', 'cpu');
  graph.output('y', graph.input('x', 'float32', [1]));
  await expect(Program.compile(graph, options)).rejects.toThrow(/built for cpu/);
});
