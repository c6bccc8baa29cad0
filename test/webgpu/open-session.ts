/**
 * A session that stays open for as long as the process lasts. A device keeps the shaders that its driver has compiled, and
 * goes with its last session: without this one the driver would compile nine tenths of the tests' time.
 */
import { GraphBuilder } from '../../src/engines/embedded/graph/builder.js';
import { Program } from '../../src/engines/embedded/program.js';
import { runtimeOptions } from '../../src/engines/embedded/provider.js';

let opened: Promise<Program> | undefined;

export function openSession(): Promise<Program> {
  opened ??= open();
  return opened;
}

function open(): Promise<Program> {
  const graph = new GraphBuilder('open', 'webgpu');
  graph.output('y', graph.input('x', 'float32', [1]));
  return Program.compile(graph, runtimeOptions(1, 'webgpu'));
}
