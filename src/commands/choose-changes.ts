/** The settings of one run that differ from its experiment: a list of settings, of which each can be given a value. */
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { Experiment } from '../experiment/index.js';
import { isAlive, oneLine } from '../runs/facts/index.js';
import type { CheckedExperiment } from '../views/index.js';
import type { Services } from './services.js';

/** Offered first: what is varied most. */
const usual = [
  'seed',
  'method.name',
  'method.lambda',
  'optimization.learningRate',
  'optimization.steps',
  'rollout.promptsPerStep',
  'rollout.groupSize',
  'rollout.temperature',
  'name',
];

interface Setting {
  path: string;
  value: unknown;
  choices: readonly string[];
  description: string;
}

type Row = vscode.QuickPickItem & { start?: { after?: string }; setting?: Setting };

/** What one run differs in, and the run whose end it waits for. */
export interface ChosenChanges {
  /** Overrides as `key=value`. */
  set: string[];
  after?: string | undefined;
}

export interface Changes {
  title: string;
  experiment: Experiment;
  /** The first seed that no run of it has had. */
  nextSeed: number;
  /** Runs of the same folder that have a process: after each of them it can be started. */
  alive: readonly { id: string; name: string }[];
  /** Checks the experiment with overrides. */
  read(set: readonly string[]): Promise<CheckedExperiment>;
}

/** The runs of a folder that have a process, those that were started last first. */
export function aliveIn({ library }: Services, runsDirectory: string): Changes['alive'] {
  return library
    .runs()
    .filter((run) => dirname(run.directory) === runsDirectory && isAlive(run.summary.state))
    .map(({ summary }) => ({ id: summary.id, name: oneLine(summary.name) }))
    .sort((a, b) => b.id.localeCompare(a.id));
}

/** Null when the person chose neither changes nor when to start. */
export async function chooseChanges(changes: Changes): Promise<ChosenChanges | null> {
  const settings = await settingsOf(changes.experiment);
  const chosen = new Map<string, string>();
  for (;;) {
    const row = await vscode.window.showQuickPick(rowsOf(settings, chosen, changes.alive), {
      title: changes.title,
      placeHolder:
        chosen.size === 0
          ? vscode.l10n.t('Setting to change for this run')
          : vscode.l10n.t('Start, or another setting to change'),
      matchOnDescription: true,
      matchOnDetail: true,
    });
    if (!row) return null;
    const set = [...chosen].map(([path, value]) => `${path}=${value}`);
    if (row.start) return { set, after: row.start.after };
    if (!row.setting) continue;
    const value = await askValue(row.setting, chosen.get(row.setting.path), set, changes);
    if (value !== undefined) chosen.set(row.setting.path, value);
  }
}

/** The settings with one value, as the schema lists them. */
async function settingsOf(experiment: Experiment): Promise<Setting[]> {
  const { allFields, choicesOf, descriptionOf, experimentSchema } = await import('../experiment/index.js');
  const settings = allFields(experimentSchema).flatMap((path): Setting[] => {
    const parts = path.split('.');
    const value = parts.reduce<unknown>(
      (inner, part) =>
        typeof inner === 'object' && inner !== null
          ? Object.entries(inner).find(([key]) => key === part)?.[1]
          : undefined,
      experiment,
    );
    if (path === '$schema' || path === 'schema' || (typeof value === 'object' && value !== null)) return [];
    const description = descriptionOf(experimentSchema, parts);
    return [{ path, value, choices: choicesOf(experimentSchema, parts), description }];
  });
  // Sections that the experiment does not have, such as torch.vllm, are not made here.
  return settings.filter(({ path, value }) => value !== undefined || !path.startsWith('torch.'));
}

const shown = (value: unknown): string => (value === undefined ? '' : String(value));

function rowsOf(
  settings: readonly Setting[],
  chosen: ReadonlyMap<string, string>,
  alive: Changes['alive'],
): Row[] {
  const rowOf = (setting: Setting): Row => {
    const { path, value, description } = setting;
    const change = chosen.get(path);
    const label = change === undefined ? path : `$(edit) ${path}`;
    const text = change === undefined ? shown(value) : `${shown(value)} → ${change}`;
    return { label, description: text, detail: description, setting };
  };
  const first = usual.flatMap((path) => settings.filter((setting) => setting.path === path));
  const others = settings.filter(({ path }) => !usual.includes(path));
  const separator = (label: string): Row => ({ label, kind: vscode.QuickPickItemKind.Separator });
  const description = [...chosen].map(([path, value]) => `${path} = ${value}`).join(', ');
  const now: Row = { label: `$(play) ${vscode.l10n.t('Start Training')}`, description, start: {} };
  const later = alive.map(
    ({ id, name }): Row => ({
      label: `$(clock) ${vscode.l10n.t('Start After {0} Ends', name)}`,
      description: description || id,
      start: { after: id },
    }),
  );
  return [
    ...(chosen.size > 0 ? [now] : []),
    ...later,
    separator(vscode.l10n.t('usual')),
    ...first.map(rowOf),
    separator(vscode.l10n.t('all others')),
    ...others.map(rowOf),
  ];
}

/** @param set the other changes, with which the value must go together */
async function askValue(
  setting: Setting,
  given: string | undefined,
  set: readonly string[],
  { title, nextSeed, read }: Changes,
): Promise<string | undefined> {
  const { path, choices, description } = setting;
  const current = given ?? shown(setting.value);
  if (choices.length > 0) {
    const items = choices.map((label) => ({
      label,
      ...(label === current && { description: vscode.l10n.t('current') }),
    }));
    const chosen = await vscode.window.showQuickPick(items, {
      title: `${title}: ${path}`,
      placeHolder: description,
    });
    return chosen?.label;
  }
  return vscode.window.showInputBox({
    title: `${title}: ${path}`,
    prompt: description,
    value: path === 'seed' ? String(nextSeed) : current,
    validateInput: async (text) => {
      const checked = await read([
        ...set.filter((entry) => !entry.startsWith(`${path}=`)),
        `${path}=${text}`,
      ]);
      const problem =
        'problems' in checked ? checked.problems.find((candidate) => candidate.path === path) : undefined;
      return problem && `${problem.message}. ${problem.hint}`.trim();
    },
  });
}
