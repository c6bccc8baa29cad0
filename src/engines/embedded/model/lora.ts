/** Low-rank adapters of a model: which modules get one, and where each is in the flat array that is trained. */
import { CounterRandom, streamOf } from '../../../random.js';
import { layerModules, type WeightBlock } from './blocks.js';
import type { ModelConfig } from './config.js';

/** As in an experiment. */
export interface LoraSettings {
  rank: number;
  alpha: number;
  targets: 'all-linear' | readonly string[];
}

/** A matrix of an adapter, in the flat array. */
export interface AdapterMatrix {
  /** PEFT's name, as in `base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`. */
  name: string;
  shape: [number, number];
  offset: number;
  size: number;
}

export interface AdapterLayout {
  /** A and B of each adapted module. */
  matrices: AdapterMatrix[];
  /** The same as graphs take them: the A of modules that share an input are one block. */
  blocks: WeightBlock[];
  /** What the adapters say of the frozen blocks that have some. */
  lowRank: Map<string, NonNullable<WeightBlock['lowRank']>>;
  /** Length of the array. */
  total: number;
}

/** Blocks that are linear layers; norms are not. */
const linearBlocks = ['projection', 'output', 'gate', 'up', 'down'] as const;

/** Whether a target of the settings names a module, as PEFT has it: the whole name, or its last parts. */
export function isTarget(targets: LoraSettings['targets'], module: string): boolean {
  if (targets === 'all-linear') return true;
  return targets.some((target) => module === target || module.endsWith(`.${target}`));
}

/** All modules that can have an adapter. */
export function adaptableModules(layers: number): string[] {
  return Array.from({ length: layers }, (_, layer) =>
    linearBlocks.flatMap((block) =>
      (layerModules[block] ?? []).map((name) => `model.layers.${layer}.${name}`),
    ),
  ).flat();
}

/** Rows and columns of the modules of a layer. */
function moduleShape(config: ModelConfig, module: string): [rows: number, columns: number] {
  const { hiddenSize, heads, kvHeads, headDim, intermediateSize } = config;
  const shapes: Record<string, [number, number]> = {
    q_proj: [heads * headDim, hiddenSize],
    k_proj: [kvHeads * headDim, hiddenSize],
    v_proj: [kvHeads * headDim, hiddenSize],
    o_proj: [hiddenSize, heads * headDim],
    gate_proj: [intermediateSize, hiddenSize],
    up_proj: [intermediateSize, hiddenSize],
    down_proj: [hiddenSize, intermediateSize],
  };
  const shape = shapes[module.split('.').at(-1) ?? ''];
  if (!shape) throw new Error(`${module} is no linear module.`);
  return shape;
}

/** @param isAdapted whether a module, such as `model.layers.0.self_attn.q_proj`, gets an adapter */
export function adapterLayout(
  config: ModelConfig,
  { rank, alpha }: Pick<LoraSettings, 'rank' | 'alpha'>,
  isAdapted: (module: string) => boolean,
): AdapterLayout {
  const layout: AdapterLayout = { matrices: [], blocks: [], lowRank: new Map(), total: 0 };
  const scale = alpha / rank;
  const take = (name: string, shape: [number, number], parts: readonly { name: string; rows: number }[]) => {
    const [rows, columns] = shape;
    layout.blocks.push({ name, shape, offset: layout.total, size: rows * columns, type: 'float32' });
    for (const part of parts) {
      const size = part.rows * columns;
      layout.matrices.push({ name: part.name, shape: [part.rows, columns], offset: layout.total, size });
      layout.total += size;
    }
  };
  for (let layer = 0; layer < config.layers; layer++) {
    for (const kind of linearBlocks) {
      const modules = (layerModules[kind] ?? []).map((module) => `model.layers.${layer}.${module}`);
      const adapted = modules.filter(isAdapted);
      if (adapted.length === 0) continue;
      const block = `layer${layer}.${kind}`;
      const [, columns] = moduleShape(config, modules[0]!);
      const down = `${block}.A`;
      const parts = adapted.map((module) => ({ name: matrixName(module, 'A'), rows: rank }));
      take(down, [adapted.length * rank, columns], parts);
      const named = modules.map((module, index) => {
        const [rows] = moduleShape(config, module);
        if (!adapted.includes(module)) return { rows, up: null };
        const up = `${block}.B${index}`;
        take(up, [rows, rank], [{ name: matrixName(module, 'B'), rows }]);
        return { rows, up };
      });
      layout.lowRank.set(block, { down, modules: named, rank, scale });
    }
  }
  return layout;
}

const matrixName = (module: string, part: 'A' | 'B') => `base_model.model.${module}.lora_${part}.weight`;

/** The module and the part of a tensor of PEFT's file; null for other tensors. */
export function adaptedModule(name: string): { module: string; part: string } | null {
  const [, module, part] = /^base_model\.model\.(.+)\.lora_([AB])\.weight$/.exec(name) ?? [];
  return module === undefined || part === undefined ? null : { module, part };
}

/** Fresh adapters, as PEFT's: A from a uniform distribution of variance 1 / (3·columns), B 0, so that nothing changes. */
export function initializeAdapters(layout: AdapterLayout, seed: number): Float32Array {
  const adapters = new Float32Array(layout.total);
  for (const [index, { name, shape, offset, size }] of layout.matrices.entries()) {
    if (adaptedModule(name)?.part !== 'A') continue;
    const random = new CounterRandom(seed, streamOf('adapters', index));
    const bound = 1 / Math.sqrt(shape[1]);
    for (let entry = 0; entry < size; entry++) adapters[offset + entry] = bound * (2 * random.next() - 1);
  }
  return adapters;
}
