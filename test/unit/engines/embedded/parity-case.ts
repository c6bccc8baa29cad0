import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { weightBlocks } from '../../../../src/engines/embedded/model/blocks.js';
import { type ModelConfig, parseModelConfig } from '../../../../src/engines/embedded/model/config.js';
import { parameterLayout } from '../../../../src/engines/embedded/model/parameters.js';
import { SafetensorsFile } from '../../../../src/engines/embedded/model/safetensors.js';
import type { Sequence } from '../../../../src/engines/embedded/sequences.js';

const fixtures = join(import.meta.dirname, '../../../fixtures/qwen3');
export const caseNames = ['tied-grouped', 'untied-full', 'tied-wide-head'] as const;

export interface LossCase {
  importanceSamplingLevel: 'token' | 'sequence';
  lossNormalization: 'token' | 'sequence';
  klCoefficient: number;
  entropyCoefficient: number;
  loss: number;
}

interface CaseFile {
  parameters: { name: string; shape: number[] }[];
  temperature: number;
  clipRange: number;
  sequences: Sequence[];
  advantages: number[];
  losses: Record<string, LossCase>;
  supervisedLoss: number;
  greedy: { prompt: number[]; completion: number[] }[];
  adamw: {
    lr: number;
    beta1: number;
    beta2: number;
    epsilon: number;
    weightDecay: number;
    gradientClip: number;
    loss: string;
    gradientNorms: number[];
  };
}

export interface ParityCase extends CaseFile {
  config: ModelConfig;
  weights: Float32Array;
  blocks: ReturnType<typeof weightBlocks>;
  /** Arrays of the fixture. */
  expected: (name: string) => Float32Array;
  /** A flat vector in torch's parameter order, brought into the engine's. */
  fromTorchOrder: (flat: Float32Array) => Float32Array;
  /** The values per completion token of a fixture, a sequence each. */
  perSequence: (name: string) => Float32Array[];
}

/** What transformers and torch computed for one random policy (see make_fixtures.py). */
export function loadCase(name: string): ParityCase {
  const folder = join(fixtures, name);
  const file = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as CaseFile;
  const configFile = join(folder, 'config.json');
  const config = parseModelConfig(JSON.parse(readFileSync(configFile, 'utf8')), configFile);
  const layout = parameterLayout(config);
  const arrays = SafetensorsFile.open(join(folder, 'expected.safetensors'));
  const expected = (array: string) => {
    const values = new Float32Array(arrays.tensors.get(array)!.size);
    arrays.readInto(array, values);
    return values;
  };
  const fromTorchOrder = (flat: Float32Array) => {
    const result = new Float32Array(layout.total);
    let position = 0;
    for (const { name: parameter } of file.parameters) {
      const { offset, size } = layout.byName.get(parameter)!;
      result.set(flat.subarray(position, position + size), offset);
      position += size;
    }
    return result;
  };
  const model = SafetensorsFile.open(join(folder, 'model.safetensors'));
  const weights = new Float32Array(layout.total);
  for (const { name: parameter, offset, size } of layout.parameters) {
    model.readInto(parameter, weights.subarray(offset, offset + size));
  }
  model.close();
  const perSequence = (array: string) => {
    const values = expected(array);
    let position = 0;
    return file.sequences.map(({ completion }) => {
      position += completion.length;
      return values.subarray(position - completion.length, position);
    });
  };
  return {
    ...file,
    config,
    weights,
    blocks: weightBlocks(config, layout),
    expected,
    fromTorchOrder,
    perSequence,
  };
}

/** ‖a − b‖ / ‖b‖ */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    difference += (actual[i]! - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  }
  return Math.sqrt(difference / norm);
}

export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < expected.length; i++) largest = Math.max(largest, Math.abs(actual[i]! - expected[i]!));
  return largest;
}
