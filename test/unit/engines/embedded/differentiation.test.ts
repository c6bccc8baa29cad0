/** Reverse-mode differentiation against central differences, operation by operation. */
import { describe, expect, test } from 'vitest';
import { gradients } from '../../../../src/engines/embedded/graph/autodiff.js';
import { GraphBuilder } from '../../../../src/engines/embedded/graph/builder.js';
import * as graphs from '../../../../src/engines/embedded/graph/index.js';
import type { Value } from '../../../../src/engines/embedded/graph/value.js';
import { Program } from '../../../../src/engines/embedded/program.js';
import { type RuntimeOptions, runtimeOptions } from '../../../../src/engines/embedded/provider.js';
import { CounterRandom } from '../../../../src/random.js';
import { options, testOnGpu } from './device.js';
import { relativeError } from './parity-case.js';

interface Case {
  shapes: number[][];
  build: (graph: GraphBuilder, inputs: Value[]) => Value;
}

/** Prompts of 3 and 2 tokens before their last; responses of 2 and 1 tokens to the first, of 1 to the second. */
const groupShape = {
  groups: 2,
  rowsPerGroup: 2,
  length: 3,
  packed: 5,
  prefix: 3,
  heads: 4,
  kvHeads: 2,
  headDim: 4,
  epsilon: 1e-6,
};

function sharedPrompts(graph: GraphBuilder): graphs.GroupAttentionInputs {
  const positions = Int32Array.of(3, 4, 3, 2, 0, 0, 1, 2, 0, 1, 2);
  const { cosines, sines } = graphs.rotaryRows(graphs.rotaryTables(5, 4, 100), 4, positions);
  const places = (values: number[]) => graph.constant(Int32Array.from(values), [values.length]);
  const hidden = graphs.hiddenScore;
  return {
    cosines: graph.constant(cosines.data as Float32Array, [11, 2]),
    sines: graph.constant(sines.data as Float32Array, [11, 2]),
    placeOfCell: places([0, 1, 4, 2, 4, 4, 3, 4, 4, 4, 4, 4]),
    cellOfPlace: places([0, 1, 3, 6, 2]),
    prefixBias: graph.constant(Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, hidden, 0, 0, hidden), [4, 1, 3]),
  };
}

const cases: Record<string, Case> = {
  'broadcast arithmetic': {
    shapes: [[3, 4], [4], [3, 1]],
    build: (graph, [a, b, c]) =>
      graphs.subtract(graph, graphs.multiply(graph, graphs.add(graph, a!, b!), c!), b!),
  },
  'division by a constant': {
    shapes: [[3, 4]],
    build: (graph, [a]) => graphs.divide(graph, a!, graph.scalar(1.7)),
  },
  'minimum, clip and exponential': {
    shapes: [
      [4, 5],
      [4, 5],
    ],
    build: (graph, [a, b]) => {
      // Each limit is crossed by some entries, and none lies so near to it that a difference would straddle it.
      const limited = graphs.clip(graph, graphs.negate(graph, b!), -0.6, 0.7);
      return graphs.minimum(
        graph,
        graphs.exponential(graph, graphs.negate(graph, a!)),
        graphs.add(graph, limited, graph.scalar(1)),
      );
    },
  },
  'linear, transpose and reshape': {
    shapes: [
      [6, 4],
      [5, 4],
    ],
    build: (graph, [x, w]) =>
      graphs.reshape(graph, graphs.transpose(graph, graphs.linear(graph, x!, w!), [1, 0]), [3, 10]),
  },
  'root mean square norm': {
    shapes: [[5, 6], [6]],
    build: (graph, [x, w]) => graphs.rmsNorm(graph, x!, w!, 1e-6),
  },
  swiglu: {
    shapes: [
      [4, 5],
      [4, 5],
    ],
    build: (graph, [gate, up]) => graphs.swiglu(graph, gate!, up!),
  },
  'attention to shared prompts': {
    shapes: [[11, 32], [4], [4]],
    build: (graph, [x, q, k]) => {
      const context = graphs.groupAttention(graph, x!, q!, k!, sharedPrompts(graph), groupShape);
      // What the empty places hold, one of the responses' and one of the shorter prompt's, is of no response: each
      // device has something else there, and what depends on it is no gradient.
      const counted = Float32Array.from({ length: 11 }, (_, token) => Number(token !== 4 && token !== 10));
      return graphs.multiply(graph, context, graph.constant(counted, [11, 1]));
    },
  },
  'embedding by one-hot product': {
    shapes: [[7, 3]],
    build: (graph, [table]) =>
      graphs.embedding(graph, table!, graph.constant(Int32Array.of(1, 4, 1, 6), [4]), null),
  },
  'embedding by scattering': {
    shapes: [[2050, 2]],
    build: (graph, [table]) =>
      graphs.embedding(graph, table!, graph.constant(Int32Array.of(1, 2049, 1, 6), [4]), null),
  },
};

/** Two runs for each entry: the larger inputs take a GPU's driver on the processor too long. */
const isTried = (entry: number) => options.device === 'cpu' || entry < 32 || entry % 7 === 0;

/** Random weights turn any output into a scalar that depends on all of it. */
function weightedSum(graph: GraphBuilder, value: Value, random: CounterRandom): Value {
  const size = (value.shape as number[]).reduce((product, axis) => product * axis, 1);
  const weights = Float32Array.from({ length: size }, () => random.next() - 0.5);
  return graphs.sum(graph, graphs.multiply(graph, value, graph.constant(weights, value.shape as number[])));
}

/** The weighted sum of what is built and its gradients as outputs, on random inputs: what runs it, and those inputs. */
async function checked({ shapes, build }: Case, on: RuntimeOptions) {
  const random = new CounterRandom(5, 1);
  const graph = new GraphBuilder('check', on.device);
  const inputs = shapes.map((shape, index) => graph.input(`x${index}`, 'float32', shape, true));
  const loss = weightedSum(graph, build(graph, inputs), random);
  graph.output('loss', loss);
  gradients(graph, loss, inputs).forEach((gradient, index) => {
    graph.output(`gradient${index}`, gradient);
  });
  const program = await Program.compile(graph, on);
  const data = shapes.map((shape) =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * random.next() - 1),
  );
  const run = () =>
    program.run(
      Object.fromEntries(data.map((values, i) => [`x${i}`, { data: values, shape: shapes[i]! }])),
    ) as Promise<Record<string, Float32Array>>;
  return { data, run };
}

describe.each(Object.entries(cases))('%s', (_, tried) => {
  test('gradients equal central differences', async () => {
    const { data, run } = await checked(tried, options);
    const results = await run();
    for (const [index, values] of data.entries()) {
      const entries = values.length > 400 ? [2, 3, 8, 9, 12, 4098] : [...values.keys()].filter(isTried);
      const differences: number[] = [];
      for (const entry of entries) {
        const original = values[entry]!;
        const step = 2 ** -7;
        values[entry] = original + step;
        const above = (await run()).loss![0]!;
        values[entry] = original - step;
        const below = (await run()).loss![0]!;
        values[entry] = original;
        differences.push((above - below) / (2 * step));
      }
      const found = entries.map((entry) => results[`gradient${index}`]![entry]!);
      expect(relativeError(found, differences)).toBeLessThan(0.01);
    }
  });

  testOnGpu('every entry is as on the processor', async () => {
    const [found, expected] = await Promise.all(
      [options, runtimeOptions(1)].map(async (on) => (await checked(tried, on)).run()),
    );
    for (const [name, values] of Object.entries(expected!)) {
      expect(relativeError(found![name]!, values), name).toBeLessThan(1e-5);
    }
  });
});

test.each([7, 2050])(
  'the embedding of a fixed token of %i gets no gradient, the others theirs',
  async (rows) => {
    const gradientOf = async (fixed: number | null) => {
      const graph = new GraphBuilder('fixed', options.device);
      const table = graph.input('table', 'float32', [rows, 2], true);
      const tokens = graph.constant(Int32Array.of(1, 4, 1, 6), [4]);
      const loss = weightedSum(graph, graphs.embedding(graph, table, tokens, fixed), new CounterRandom(5, 1));
      const [gradient] = gradients(graph, loss, [table]);
      graph.output('gradient', gradient!);
      const program = await Program.compile(graph, options);
      const results = await program.run({ table: { data: new Float32Array(rows * 2), shape: [rows, 2] } });
      return results.gradient!;
    };
    const free = await gradientOf(null);
    expect([free[2], free[3]]).not.toEqual([0, 0]);
    expect(await gradientOf(1)).toEqual(free.map((value, entry) => (entry === 2 || entry === 3 ? 0 : value)));
  },
);

test('a parameter without influence on the loss is a mistake', () => {
  const graph = new GraphBuilder('unused');
  const used = graph.input('used', 'float32', [2], true);
  const unused = graph.input('unused', 'float32', [2], true);
  expect(() => gradients(graph, graphs.sum(graph, used), [used, unused])).toThrow(/unused/);
});

test('feeds that do not fit are refused before native code sees them', async () => {
  const graph = new GraphBuilder('feeds', options.device);
  graph.output('y', graphs.add(graph, graph.input('x', 'float32', ['n', 2]), graph.scalar(1)));
  const program = await Program.compile(graph, options);
  const feed = (data: Float32Array | Int32Array, shape: number[]) => program.run({ x: { data, shape } });
  await expect(feed(new Float32Array(3), [1, 3])).rejects.toThrow(/shape/);
  await expect(feed(new Float32Array(0), [0, 2])).rejects.toThrow(/empty/);
  await expect(feed(new Float32Array(3), [2, 2])).rejects.toThrow(/3 values/);
  await expect(feed(new Int32Array(4), [2, 2])).rejects.toThrow(/int32/);
  await expect(program.run({})).rejects.toThrow(/missing/);
});
