/** Results that take the memory of inputs: refused where a node may read the input afterwards. */
import { expect, test } from 'vitest';
import { GraphBuilder } from '../../../../src/engines/embedded/graph/builder.js';
import { add, multiply, reshape } from '../../../../src/engines/embedded/graph/operations.js';
import type { Device, Value } from '../../../../src/engines/embedded/graph/value.js';

function encode(build: (graph: GraphBuilder, state: Value) => void, device: Device = 'cpu') {
  const graph = new GraphBuilder('state', device);
  build(graph, graph.input('state', 'float32', [4]));
  return () => graph.encode();
}

test('a reader that need not run before the write is refused', () => {
  const besides = encode((graph, state) => {
    graph.replace(state, add(graph, multiply(graph, state, graph.scalar(2)), graph.scalar(1)));
    graph.output('old', multiply(graph, state, graph.scalar(0)));
  });
  expect(besides).toThrow(/may read state/);
});

test('a reader through another shape is seen', () => {
  const besides = encode((graph, state) => {
    const view = reshape(graph, state, [2, 2]);
    graph.replace(state, add(graph, multiply(graph, state, graph.scalar(2)), graph.scalar(1)));
    graph.output('old', multiply(graph, view, graph.scalar(3)));
  });
  expect(besides).toThrow(/may read state/);
});

test('readers that the write depends on are fine', () => {
  const chain = encode((graph, state) => {
    const doubled = multiply(graph, state, graph.scalar(2));
    const next = add(graph, doubled, graph.scalar(1));
    graph.replace(state, next);
    graph.output('new', multiply(graph, next, graph.scalar(3)));
  }, 'webgpu');
  expect(chain).not.toThrow();
});

test('one launch on a GPU does not read and write the same memory', () => {
  const own = (device: Device) =>
    encode((graph, state) => graph.replace(state, add(graph, state, graph.scalar(1))), device);
  expect(own('cpu')).not.toThrow();
  expect(own('webgpu')).toThrow(/may read state/);
});

test('what no node makes replaces nothing', () => {
  expect(encode((graph, state) => graph.replace(state, state))).toThrow(/no node/);
});
