/** `method.preset`: one word for a reading of G2RL, which stands for several settings. */
import { t } from '@vscode/l10n';
import type { ExperimentDocument } from './document.js';
import { type FieldPath, formatPath, written } from './field-path.js';
import { defaultOf } from './fields.js';
import { remove, setTo } from './fixes.js';
import { isOverridden, withOverride } from './overrides.js';
import type { ExperimentProblem } from './problems.js';
import { experimentSchema } from './schema.js';

export type Preset = 'text' | 'authors';

/** The settings of the method that a preset stands for. */
export const presetMethods = {
  text: { shaping: 'signed', uniformGroups: 'correct', lambda: 0.5 },
  authors: { shaping: 'eq12', uniformGroups: 'all', lambda: 0.5, clip: 3 },
} as const;

/** Updates for each batch of rollouts in the paper's appendix: minibatches of 32 responses of 256. */
const minibatchesOfAuthors = 8;

/** The most minibatches up to the authors' 8 that divide the prompts of a step. */
function minibatchesOf(preset: Preset, promptsPerStep: number): number {
  if (preset === 'text') return 1;
  let minibatches = minibatchesOfAuthors;
  while (promptsPerStep % minibatches !== 0) minibatches--;
  return minibatches;
}

/** What the fields that a preset sets are, by their paths. */
export function presetSettings(preset: Preset, promptsPerStep: number): Map<string, string | number> {
  const ofMethod = Object.entries(presetMethods[preset]).map(
    ([key, value]) => [`method.${key}`, value] as const,
  );
  return new Map<string, string | number>([
    ...ofMethod,
    ['optimization.minibatches', minibatchesOf(preset, promptsPerStep)],
  ]);
}

function valueAt(root: unknown, path: FieldPath): unknown {
  let current = root;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Object.entries(current).find(([key]) => key === String(part))?.[1];
  }
  return current;
}

/**
 * Fills in what a preset stands for; a setting beside it that says otherwise is a problem. What is no preset, or not one
 * of g2rl, is left to the schema and the checks.
 *
 * @param value the file's value, overrides applied
 * @param overridden fields that came from overrides
 */
export function withPreset(
  value: unknown,
  document: ExperimentDocument,
  overridden: readonly string[],
): { value: unknown; problems: ExperimentProblem[] } {
  const preset = valueAt(value, ['method', 'preset']);
  const name = valueAt(value, ['method', 'name']) ?? 'g2rl';
  if ((preset !== 'text' && preset !== 'authors') || name !== 'g2rl') return { value, problems: [] };
  const prompts =
    valueAt(value, ['rollout', 'promptsPerStep']) ??
    defaultOf(experimentSchema, ['rollout', 'promptsPerStep']);
  const problems: ExperimentProblem[] = [];
  let filled = value;
  for (const [field, wanted] of presetSettings(preset, Number.isInteger(prompts) ? Number(prompts) : 1)) {
    const path = field.split('.');
    const section = valueAt(value, path.slice(0, -1));
    // The schema says what is wrong with a section that is none.
    if (section !== undefined && (typeof section !== 'object' || section === null)) continue;
    const given = valueAt(value, path);
    if (given === undefined) filled = withOverride(filled, { path, value: wanted });
    // Of a value of another kind the schema says what is wrong.
    else if (given !== wanted && typeof given === typeof wanted)
      problems.push(contradiction(path, given, preset, wanted, document, overridden));
  }
  return { value: filled, problems };
}

function contradiction(
  path: FieldPath,
  given: unknown,
  preset: Preset,
  wanted: string | number,
  document: ExperimentDocument,
  overridden: readonly string[],
): ExperimentProblem {
  const own: FieldPath = ['method', 'preset'];
  const field = formatPath(path);
  const [shown, meant] = [given, wanted].map((one) => written(JSON.stringify(one)));
  // Of a variant that brings the preset the file's setting is no part: what is wrong there is the preset.
  if (isOverridden(formatPath(own), overridden) && !isOverridden(field, overridden)) {
    return document.problem(
      own,
      t(
        'method.preset: "{0}" sets {1} to {2}, but the experiment has {3}',
        preset,
        field,
        meant ?? '',
        shown ?? '',
      ),
      t('Remove {0} from the experiment, or set it to {1} as well.', field, meant ?? ''),
    );
  }
  return document.problem(
    path,
    t('{0}: the preset "{1}" sets it to {2}; got {3}', field, preset, meant ?? '', shown ?? ''),
    t('Remove it, or method.preset.'),
    { fixes: [remove(path), setTo(path, wanted), remove(own)] },
  );
}
