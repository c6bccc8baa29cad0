/** What the adapter can do, and how fast it multiplies. */
import type { Device, DeviceFindings } from '../contract/index.js';
import { GraphBuilder } from './graph/index.js';
import { Program } from './program.js';
import { type RuntimeOptions, runtimeOptions } from './provider.js';

/** Products of square matrices, one after the other, so that copies to the GPU and back count little. */
interface Products {
  side: number;
  count: number;
}
/** On a driver without a GPU the large ones would take half a minute. */
const small: Products = { side: 256, count: 4 };
const large: Products = { side: 1024, count: 4 };
const fast = 20;

/** Bytes that no adapter allows in one buffer. */
const impossible = 2 ** 46;

export async function measureAdapter(report: (findings: DeviceFindings) => void): Promise<void> {
  const processor = runtimeOptions(0);
  const gpu: RuntimeOptions = { ...processor, device: 'webgpu', validates: true };
  report({ trying: 'opening the GPU' });
  await runOnce(sumGraph(), gpu);
  report({ trying: 'half precision' });
  report({ float16: await runs(halfGraph(), gpu) });
  report({ trying: 'a buffer that is too large' });
  // Refused; the limit is in what is said on standard error.
  await runs(hugeGraph(), gpu);
  report({ trying: 'products of matrices' });
  const first = await speedOf(gpu, small);
  const size = first < fast ? small : large;
  const webgpu = size === small ? first : await speedOf(gpu, size);
  report({ speed: { webgpu, cpu: await speedOf(processor, size) } });
}

function sumGraph(): GraphBuilder {
  const graph = new GraphBuilder('sum', 'webgpu');
  const x = graph.input('x', 'float32', [1]);
  graph.output('y', graph.node('Add', [x, x], [1]));
  return graph;
}

/** ONNX's number of float16. */
const float16 = 10;

function halfGraph(): GraphBuilder {
  const graph = new GraphBuilder('half', 'webgpu');
  const x = graph.input('x', 'float32', [1]);
  const half = graph.node('Cast', [x], [1], { attributes: { to: float16 } });
  const squared = graph.node('Mul', [half, half], [1]);
  graph.output('y', graph.node('Cast', [squared], [1], { attributes: { to: 1 } }));
  return graph;
}

function hugeGraph(): GraphBuilder {
  const graph = new GraphBuilder('huge', 'webgpu');
  const rows = 2 ** 20;
  const shape = [rows, impossible / 4 / rows];
  const x = graph.input('x', 'float32', [1]);
  const expanded = graph.node('Expand', [x, graph.integers(...shape)], shape);
  graph.output('y', graph.node('ReduceSum', [expanded, graph.integers(0, 1)], [1, 1]));
  return graph;
}

function productGraph(device: Device, { side, count }: Products): GraphBuilder {
  const graph = new GraphBuilder('products', device);
  const x = graph.input('x', 'float32', [side, side]);
  let value = x;
  for (let index = 0; index < count; index++) value = graph.node('MatMul', [value, x], [side, side]);
  graph.output('y', value);
  return graph;
}

const one = { x: { data: Float32Array.of(1), shape: [1] } };

async function runOnce(graph: GraphBuilder, options: RuntimeOptions): Promise<void> {
  const program = await Program.compile(graph, options);
  await program.run(one);
  await program.release();
}

async function runs(graph: GraphBuilder, options: RuntimeOptions): Promise<boolean> {
  try {
    await runOnce(graph, options);
    return true;
  } catch {
    return false;
  }
}

/** In 10⁹ operations a second: the second run, which compiles nothing. */
async function speedOf(options: RuntimeOptions, products: Products): Promise<number> {
  const { side, count } = products;
  const program = await Program.compile(productGraph(options.device, products), options);
  // The powers of this matrix neither vanish nor overflow.
  const x = { data: new Float32Array(side * side).fill(1 / side), shape: [side, side] };
  await program.run({ x });
  const start = performance.now();
  await program.run({ x });
  const milliseconds = performance.now() - start;
  await program.release();
  return (count * 2 * side ** 3) / milliseconds / 1e6;
}
