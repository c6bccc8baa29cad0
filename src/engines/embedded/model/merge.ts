/** Adapters made part of the weights of their base. */
import type { AdaptedPolicy, BasePolicy } from './adapted-policy.js';
import { blockParameters } from './blocks.js';
import { adaptedModule } from './lora.js';
import { type ParameterLayout, parameterLayout } from './parameters.js';
import type { Policy } from './policy-folder.js';
import { halfToNumber } from './safetensors.js';

/** The policy that the base and its adapters are together: W + α/r · B·A, in float32. */
export function mergedPolicy({ base, lora, adapters, weights }: AdaptedPolicy): Policy {
  const { config, tokenizer } = base;
  const layout = parameterLayout(config);
  const merged = flatWeights(base, layout);
  const matrices = new Map(adapters.matrices.map((matrix) => [matrix.name, matrix]));
  for (const { name, offset, size, shape } of adapters.matrices) {
    const found = adaptedModule(name);
    if (found?.part !== 'B') continue;
    const down = matrices.get(name.replace('.lora_B.', '.lora_A.'));
    const target = layout.byName.get(`${found.module}.weight`);
    if (!down || !target) throw new Error(`${name} has no A, or no module.`);
    addProduct(
      merged.subarray(target.offset, target.offset + target.size),
      weights.adapters.subarray(offset, offset + size),
      weights.adapters.subarray(down.offset, down.offset + down.size),
      shape[1],
      lora.alpha / lora.rank,
    );
  }
  return { config, layout, weights: merged, tokenizer };
}

/** All weights of a base in one array, as float32. */
function flatWeights({ config, values }: BasePolicy, layout: ParameterLayout): Float32Array {
  const flat = new Float32Array(layout.total);
  for (const [name, [first]] of blockParameters(config, layout)) {
    const block = values.get(name);
    if (!block || !first) throw new Error(`The base has no ${name}.`);
    if (block instanceof Float32Array) flat.set(block, first.offset);
    else for (const [index, half] of block.entries()) flat[first.offset + index] = halfToNumber(half);
  }
  return flat;
}

/** target += scale · up·down: up [rows, rank], down [rank, columns] */
function addProduct(
  target: Float32Array,
  up: Float32Array,
  down: Float32Array,
  rank: number,
  scale: number,
): void {
  const columns = down.length / rank;
  for (let pair = 0; pair < up.length; pair++) {
    const factor = scale * up[pair]!;
    const to = Math.floor(pair / rank) * columns;
    const from = (pair % rank) * columns;
    for (let column = 0; column < columns; column++) target[to + column]! += factor * down[from + column]!;
  }
}
