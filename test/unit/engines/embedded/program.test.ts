/** Compiled graphs of many sizes are kept: none may hold on to the memory of its last pass. */
import { expect, test } from 'vitest';
import { GraphBuilder } from '../../../../src/engines/embedded/graph/builder.js';
import { linear, sum } from '../../../../src/engines/embedded/graph/operations.js';
import { Program } from '../../../../src/engines/embedded/program.js';
import { options } from './device.js';

const size = 4096;
const megabytes = 2 ** 20;

test('a compiled graph gives the memory of a pass back', async () => {
  const data = new Float32Array(size).fill(1);
  const before = process.memoryUsage.rss();
  const programs: Program[] = [];
  for (let i = 0; i < 6; i++) {
    const graph = new GraphBuilder('outer', options.device);
    const column = graph.input('column', 'float32', [size, 1]);
    // 64 MiB that only the pass needs.
    graph.output('total', sum(graph, linear(graph, column, column)));
    const program = await Program.compile(graph, options);
    const { total } = await program.run({ column: { data, shape: [size, 1] } });
    expect(total?.[0]).toBe(size * size);
    programs.push(program);
  }
  const kept = process.memoryUsage.rss() - before;
  for (const program of programs) await program.release();
  expect(kept).toBeLessThan(200 * megabytes);
});
