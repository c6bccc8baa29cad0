/** What can be written in a study file where its JSON Schema does not know: settings, their values, names. Pure. */
import { dirname, resolve } from 'node:path';
import { t } from '@vscode/l10n';
import { findNodeAtLocation, getLocation, getNodeValue, type JSONPath, parseTree } from 'jsonc-parser';
import {
  allFields,
  choicesOf,
  defaultOf,
  descriptionOf,
  experimentSchema,
  parsePath,
} from '../experiment/index.js';

export interface StudyCompletion {
  kind: 'setting' | 'value' | 'variant' | 'benchmark' | 'file';
  /** As JSON; for a key with its colon where there is none yet. */
  text: string;
  label: string;
  documentation: string;
}

export interface StudyCompletions {
  /** The part of the text that is replaced. */
  offset: number;
  length: number;
  items: StudyCompletion[];
}

/** Names that the study file itself does not hold. */
export interface Surroundings {
  /** Benchmarks of the experiment that the study names; null when it cannot be read. */
  benchmarks: readonly string[] | null;
  /** Experiment files, relative to the study file. */
  experiments: readonly string[];
}

/** Not set by a variant: the study says them itself, or they change nothing. */
const own: ReadonlySet<string> = new Set(['$schema', 'schema', 'name', 'description', 'seed']);

/** Every setting of an experiment that holds a value, as a dotted path. */
export function settingPaths(): string[] {
  const fields = allFields(experimentSchema).filter((field) => !own.has(field));
  return fields.filter((field) => !fields.some((other) => other.startsWith(`${field}.`)));
}

/** The dotted path of the setting at a place of the file; null where there is none. */
export function settingAt(path: JSONPath): string | null {
  const [section, second, third] = path;
  const name = section === 'variants' ? third : section === 'grid' ? second : undefined;
  return typeof name === 'string' && name !== '' ? name : null;
}

/** Null where nothing is known. */
export function studyCompletions(
  text: string,
  offset: number,
  { benchmarks, experiments }: Surroundings,
): StudyCompletions | null {
  const { path, isAtPropertyKey, previousNode } = getLocation(text, offset);
  const isInside =
    previousNode !== undefined &&
    previousNode.offset <= offset &&
    offset <= previousNode.offset + previousNode.length &&
    (previousNode.type === 'property' || previousNode.type === 'string' || previousNode.type === 'number');
  const place = isInside
    ? { offset: previousNode.offset, length: previousNode.length }
    : { offset, length: 0 };
  const [section] = path;
  const found = (items: StudyCompletion[]) => (items.length > 0 ? { ...place, items } : null);
  if (isAtPropertyKey) {
    const isPlace = path.length === (section === 'variants' ? 3 : section === 'grid' ? 2 : 0);
    if (!isPlace) return null;
    const hasColon = /^\s*:/.test(text.slice(place.offset + place.length));
    return found(keyItems(keysAt(text, path.slice(0, -1), String(path.at(-1))), { hasColon, section }));
  }
  const setting = settingAt(path);
  const isValue = path.length === (section === 'variants' ? 3 : section === 'grid' ? 3 : 0);
  if (setting !== null && isValue) return found(valueItems(setting));
  const value = (kind: StudyCompletion['kind'], names: readonly string[]) =>
    found(names.map((label) => ({ kind, label, text: JSON.stringify(label), documentation: '' })));
  switch (path.join('.')) {
    case 'baseline':
      return value('variant', keysAt(text, ['variants'], ''));
    case 'score.benchmark':
      return value('benchmark', benchmarks ?? []);
    case 'experiment':
      return value('file', experiments);
    default:
      return null;
  }
}

/** Keys of the object at a path, but for the one that is being written. */
function keysAt(text: string, path: JSONPath, written: string): string[] {
  const root = parseTree(text, [], { allowTrailingComma: true });
  let value: unknown = root && getNodeValue(root);
  for (const part of path) {
    value =
      typeof value === 'object' && value !== null
        ? Object.entries(value).find(([key]) => key === part)?.[1]
        : null;
  }
  return typeof value === 'object' && value !== null
    ? Object.keys(value).filter((key) => key !== written)
    : [];
}

function keyItems(
  taken: readonly string[],
  { hasColon, section }: { hasColon: boolean; section: JSONPath[number] | undefined },
): StudyCompletion[] {
  const after = hasColon ? '' : section === 'grid' ? ': []' : ': ';
  return settingPaths()
    .filter((path) => !taken.includes(path))
    .map((label) => ({
      kind: 'setting',
      label,
      text: `${JSON.stringify(label)}${after}`,
      documentation: settingText(label),
    }));
}

function valueItems(setting: string): StudyCompletion[] {
  const path = parsePath(setting);
  const standard = defaultOf(experimentSchema, path);
  const choices = choicesOf(experimentSchema, path);
  const isTruth = choices.includes('true');
  const texts = choices.map((choice) => (isTruth ? choice : JSON.stringify(choice)));
  if (standard !== undefined && !texts.includes(JSON.stringify(standard)))
    texts.push(JSON.stringify(standard));
  return texts.map((text) => ({ kind: 'value', label: text, text, documentation: settingText(setting) }));
}

/** What a setting is for, what it can be, and what it is without being set; empty for an unknown one. */
export function settingText(setting: string): string {
  const path = parsePath(setting);
  const choices = choicesOf(experimentSchema, path);
  const standard = defaultOf(experimentSchema, path);
  return [
    descriptionOf(experimentSchema, path),
    choices.length > 0 ? t('One of {0}.', choices.join(', ')) : '',
    standard === undefined ? '' : t('Default: {0}', JSON.stringify(standard)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Absolute path of the experiment that the text of a study names; null when it names none. */
export function experimentFileOf(text: string, studyFile: string): string | null {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const node = root && findNodeAtLocation(root, ['experiment']);
  return typeof node?.value === 'string' ? resolve(dirname(studyFile), node.value) : null;
}
