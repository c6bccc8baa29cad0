/** An experiment as a file again: what differs from the defaults, and what everyone looks for. */
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { FieldPath } from './field-path.js';
import { defaultOf, fieldNames } from './fields.js';
import { presetSettings } from './preset.js';
import { shippedPolicies } from './resolve.js';
import type { RewardSettings } from './reward-schema.js';
import { type Experiment, experimentSchema } from './schema.js';

export interface WriteOptions {
  /** Of the file: paths inside it become relative to it. */
  folder: string;
  /** The `media` folder with the shipped policies. */
  mediaDirectory: string;
}

/** Written even where they are the default. */
const alwaysWritten = ['name', 'policy', 'seed', 'engine', 'method.name'];

/** A path inside the folder relative to it; all others as they are. */
function portable(path: string, folder: string): string {
  if (!isAbsolute(path)) return path;
  const inside = relative(folder, path);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) return path;
  return `./${inside.split(sep).join('/')}`;
}

/** The name of a policy that comes with this or another version of G2RL Lab; other policies by their path. */
function policyAsWritten(policy: string, { folder, mediaDirectory }: WriteOptions): string {
  const name = basename(policy);
  const ofPolicies = dirname(policy).endsWith(join('media', 'policies'));
  if (ofPolicies && shippedPolicies(mediaDirectory).includes(name)) return name;
  return portable(policy, folder);
}

function rewardAsWritten(reward: RewardSettings, local: (path: string) => string): RewardSettings {
  const { python, command } = reward;
  return {
    ...reward,
    ...(python !== undefined && { python: local(python) }),
    ...(command && { command: command.map(local) }),
  };
}

function withoutDefaults(value: object, path: FieldPath): object {
  const known = fieldNames(experimentSchema, path);
  const order = (key: string) => known.indexOf(key);
  const entries = Object.entries(value)
    .filter(([, part]) => part !== undefined)
    .sort(([a], [b]) => order(a) - order(b))
    .flatMap(([key, part]): [string, unknown][] => {
      const here = [...path, key];
      if (fieldNames(experimentSchema, here).length > 0 && typeof part === 'object' && part !== null) {
        const inner = withoutDefaults(part, here);
        // Adapters and vLLM are chosen by being there.
        const isChosen = here.length > 1;
        return Object.keys(inner).length > 0 || isChosen ? [[key, inner]] : [];
      }
      const isDefault = isDeepStrictEqual(part, defaultOf(experimentSchema, here));
      return isDefault && !alwaysWritten.includes(here.join('.')) ? [] : [[key, part]];
    });
  return Object.fromEntries(entries);
}

/** Without what the preset says anyway, so that the preset can be changed. */
function withoutPreset(value: object, { method, rollout }: Experiment): object {
  if (method.preset === undefined) return value;
  const set = presetSettings(method.preset, rollout.promptsPerStep);
  const sections = Object.entries(value).flatMap(([section, fields]): [string, unknown][] => {
    if (section !== 'method' && section !== 'optimization') return [[section, fields]];
    const own = Object.entries(fields as object).filter(([key, one]) => set.get(`${section}.${key}`) !== one);
    return own.length > 0 ? [[section, Object.fromEntries(own)]] : [];
  });
  return Object.fromEntries(sections);
}

/**
 * The text of an experiment file that reads as this experiment.
 * @param experiment resolved: defaults filled in, paths absolute
 */
export function writeExperiment(experiment: Experiment, options: WriteOptions): string {
  const { task, method, torch, evaluation, rewards } = experiment;
  const embedder = ({ embeddingModel: model }: { readonly embeddingModel?: string | undefined }) =>
    model === undefined ? {} : { embeddingModel: policyAsWritten(model, options) };
  const local = (path: string) => portable(path, options.folder);
  /** Those of the fields that are set, as they are written. */
  const locals = <Key extends string>(
    section: { readonly [key in Key]?: string | undefined },
    keys: readonly Key[],
  ) =>
    Object.fromEntries(
      keys.flatMap((key) => {
        const path = section[key];
        return path === undefined ? [] : [[key, local(path)]];
      }),
    );
  const asWritten: Experiment = {
    ...experiment,
    policy: policyAsWritten(experiment.policy, options),
    task: { ...task, ...locals(task, ['file']) },
    method: {
      ...method,
      ...embedder(method),
      ...locals(method, ['direction', 'reasoningPrompts', 'recallPrompts']),
    },
    torch: { ...torch, ...locals(torch, ['accelerateConfig']) },
    ...(rewards && { rewards: rewards.map((reward) => rewardAsWritten(reward, local)) }),
    evaluation: {
      ...evaluation,
      ...embedder(evaluation),
      benchmarks: evaluation.benchmarks.map((benchmark) => ({
        ...benchmark,
        ...locals(benchmark, ['file']),
      })),
    },
  };
  return `${JSON.stringify(withoutPreset(withoutDefaults(asWritten, []), experiment), null, 2)}\n`;
}
