/** Whether a result may take the memory of an input: only when nothing reads the input afterwards. */
import type { NodeDescription } from './onnx.js';
import type { Device } from './value.js';

/** Operators whose result is the same memory under another shape. */
const views = new Set(['Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

/** Operators that are made to write into what they read. */
const appending = new Set(['GroupQueryAttention']);

/**
 * Throws unless every node that reads `input` comes before the one that makes `value`: the runtime runs a graph in any
 * order that its arrows allow, and a node that ran later would silently read the new values.
 */
export function checkReplacement(
  nodes: readonly NodeDescription[],
  input: string,
  value: string,
  device: Device,
): void {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
  const writer = makers.get(value);
  if (!writer) throw new Error(`${value} cannot replace ${input}: no node makes it.`);
  const before = ancestors(writer, makers);
  const names = new Set([input]);
  for (const node of nodes) {
    if (!node.inputs.some((name) => names.has(name))) continue;
    if (views.has(node.operator)) {
      for (const output of node.outputs) names.add(output);
      continue;
    }
    // On a GPU one launch must not read and write the same buffer.
    const isOwn = node === writer && (device === 'cpu' || appending.has(node.operator));
    const mayRead = before.has(node) || isOwn;
    if (!mayRead) {
      throw new Error(`${value} cannot replace ${input}: ${node.outputs[0]} may read ${input} after it.`);
    }
  }
}

function ancestors(
  node: NodeDescription,
  makers: ReadonlyMap<string, NodeDescription>,
): Set<NodeDescription> {
  const found = new Set<NodeDescription>();
  const open = [node];
  for (let next = open.pop(); next; next = open.pop()) {
    for (const name of next.inputs) {
      const maker = makers.get(name);
      if (!maker || found.has(maker)) continue;
      found.add(maker);
      open.push(maker);
    }
  }
  return found;
}
