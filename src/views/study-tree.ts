/** The explorer's items of studies as plain data: a study, its variants, and runs that have not begun. Pure. */
import { t } from '@vscode/l10n';
import type { RunManifest } from '../runs/protocol/index.js';
import type { StudyFolder, StudyRun } from '../studies/folder/index.js';
import { nodeId, type RunItem, type RunNode } from './run-tree-model.js';
import {
  armColor,
  countRuns,
  type FindRun,
  studyDescription,
  studyIcons,
  studyStateText,
} from './study-text.js';

/** A node of a study; `key` is its directory. */
export type StudyNode =
  | { kind: 'study'; key: string }
  /** A variant, at a point of the grid where there is one. */
  | { kind: 'arm'; key: string; arm: string }
  /** A run that has not begun, or that is shown in another study. */
  | { kind: 'seed'; key: string; arm: string; seed: number };

export type ExplorerNode = RunNode | StudyNode;

export function explorerNodeId(node: ExplorerNode): string {
  return isStudyNode(node) ? studyNodeId(node) : nodeId(node);
}

function studyNodeId(node: StudyNode): string {
  const parts: (string | number)[] = ['study', node.key];
  if (node.kind !== 'study') parts.push(node.arm);
  if (node.kind === 'seed') parts.push(node.seed);
  return parts.join('\n');
}

export const isStudyNode = (node: ExplorerNode): node is StudyNode =>
  node.kind === 'study' || node.kind === 'arm' || node.kind === 'seed';

/** Which study shows each run: one that several have adopted is in the newest. @param studies newest first */
export function studyOfRuns(studies: readonly StudyFolder[]): Map<string, StudyFolder> {
  const owners = new Map<string, StudyFolder>();
  for (const study of studies) {
    for (const { directory } of study.runs) {
      if (directory !== null && !owners.has(directory)) owners.set(directory, study);
    }
  }
  return owners;
}

/** @param isShown whether the explorer shows a run in this study: it exists, and the filter lets it pass */
export function studyChildren(
  node: StudyNode,
  { runs }: StudyFolder,
  { isShown, isFiltered }: { isShown: (directory: string) => boolean; isFiltered: boolean },
): ExplorerNode[] {
  if (node.kind === 'seed') return [];
  const visible = runs.filter(({ directory }) =>
    isFiltered ? directory !== null && isShown(directory) : true,
  );
  const { key } = node;
  if (node.kind === 'study') {
    return [...new Set(visible.map(({ arm }) => arm.name))].map((arm) => ({ kind: 'arm', key, arm }));
  }
  return visible
    .filter(({ arm }) => arm.name === node.arm)
    .map(({ directory, seed }) =>
      directory !== null && isShown(directory)
        ? { kind: 'run', key: directory }
        : { kind: 'seed', key, arm: node.arm, seed },
    );
}

/** `study.<state>`, then `.resumable`, for menus. */
export function studyContextValue({ state }: Pick<StudyFolder, 'state'>): string {
  const isResumable = state === 'stopped' || state === 'failed' || state === 'interrupted';
  return ['study', state, ...(isResumable ? ['resumable'] : [])].join('.');
}

/** The item of a node of a study, or null when what it names is gone. */
export function studyItem(node: StudyNode, study: StudyFolder, find: FindRun, now: number): RunItem | null {
  const { runs, manifest, state } = study;
  const id = studyNodeId(node);
  if (node.kind === 'study') {
    const description = studyDescription(study, find, now);
    return {
      id,
      label: manifest.name,
      description,
      tooltip: '',
      icon: studyIcons[state],
      contextValue: studyContextValue(study),
      collapsible: true,
      accessibleLabel: [t('study {0}', manifest.name), studyStateText(state), description].join(', '),
    };
  }
  const members = runs.filter(({ arm }) => arm.name === node.arm);
  if (node.kind === 'arm') {
    const { finished, planned, failed } = countRuns(members, find);
    const parts = [t('{0}/{1} seeds', finished, planned)];
    if (members[0]?.variant === manifest.study.baseline) parts.push(t('baseline'));
    if (failed > 0) parts.push(t('{0} failed', failed));
    const description = parts.join(' · ');
    return {
      id,
      label: node.arm,
      description,
      tooltip: settingsOf(members[0]),
      icon: { icon: 'symbol-variable', color: armColor(study, node.arm) },
      contextValue: 'arm',
      collapsible: true,
      accessibleLabel: `${node.arm}, ${description}`,
    };
  }
  const run = members.find(({ seed }) => seed === node.seed);
  if (!run) return null;
  const label = t('seed {0}', node.seed);
  const description = seedText(run, find);
  return {
    id,
    label,
    description,
    tooltip: '',
    icon: { icon: 'circle-outline' },
    contextValue: 'seed',
    collapsible: false,
    accessibleLabel: `${label}, ${description}`,
  };
}

/** Whether there is nothing in it but archived runs. */
export const isArchived = ({ runs }: Pick<StudyFolder, 'runs'>, find: FindRun): boolean =>
  runs.length > 0 &&
  runs.every(({ directory }) => directory !== null && find(directory)?.summary.manifest.archived === true);

function seedText({ directory }: StudyRun, find: FindRun): string {
  if (directory === null) return t('not begun');
  const run = find(directory);
  if (run?.summary.manifest.archived) return t('archived');
  return run ? t('shown in a newer study') : t('its folder is gone');
}

const settingsOf = (run: StudyRun | undefined): string =>
  (run?.arm.settings ?? []).map(([path, value]) => `${path}: ${JSON.stringify(value)}`).join('\n');

/** Below its variant a run is known by its seed. */
export function seedLabel({ seed, pinned }: Pick<RunManifest, 'seed' | 'pinned'>): string {
  const label = t('seed {0}', seed);
  return pinned ? `★ ${label}` : label;
}

/** What is seen of a row that can change. */
export const studySignature = ({ contextValue, description }: RunItem): string =>
  `${contextValue}\n${description}`;
