import type { GraphBuilder } from './builder.js';
import type { Value } from './value.js';

/**
 * Reverse-mode differentiation: extends the graph by the gradients of a loss by each of `parameters`.
 * Throws when a parameter does not influence the loss: that is always a mistake in the model.
 * @param output the loss, a scalar; or what it is computed from elsewhere
 * @param byOutput the gradient of the loss by `output`
 */
export function gradients(
  graph: GraphBuilder,
  output: Value,
  parameters: readonly Value[],
  byOutput: Value = graph.scalar(1),
): Value[] {
  const byName = new Map<string, Value>([[output.name, byOutput]]);
  for (const { output: result, inputs, backward } of graph.tape.toReversed()) {
    const gradient = byName.get(result.name);
    if (!gradient) continue;
    const contributions = backward(gradient);
    inputs.forEach((input, index) => {
      const contribution = contributions[index];
      if (!input.differentiable || !contribution) return;
      const sum = byName.get(input.name);
      byName.set(input.name, sum ? accumulate(graph, sum, contribution) : contribution);
    });
  }
  return parameters.map((parameter) => {
    const gradient = byName.get(parameter.name);
    if (!gradient) throw new Error(`The loss does not depend on ${parameter.name}.`);
    return gradient;
  });
}

/**
 * The sum of two gradients of one shape. A matrix product adds the other one to its result where one is: on the processor
 * the runtime sees to that.
 */
export function accumulate(graph: GraphBuilder, sum: Value, contribution: Value): Value {
  if (graph.device === 'webgpu' && graph.addToProduct(contribution, sum)) return contribution;
  return graph.node('Sum', [sum, contribution], sum.shape);
}
