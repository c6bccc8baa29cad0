/**
 * `run.json` and `status.json` as they are shown: other trainers and earlier versions may leave fields out, and no view
 * fails at that.
 */
import { unsaid } from '../facts/index.js';
import { isObject, type RunManifest, type RunStatus } from '../protocol/index.js';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isFlag: Check = (value) => typeof value === 'boolean';
const hasTexts =
  (...names: string[]): Check =>
  (value) =>
    isObject(value) && names.every((name) => isText(value[name]));

const isDevices: Check = (value) => Array.isArray(value) && value.every(hasTexts('device'));

/** What each field must be to be shown as it is, and what stands for it otherwise; undefined leaves it out. */
type Fields = readonly (readonly [name: string, isRight: Check, otherwise: unknown])[];

const manifestFields: Fields = [
  ['experimentFile', isText, null],
  ['engine', isText, unsaid],
  ['engineReason', isText, undefined],
  ['device', isText, unsaid],
  ['devices', isDevices, undefined],
  ['policyChecksum', isText, ''],
  ['versions', isObject, {}],
  ['git', hasTexts('commit'), null],
  ['seed', Number.isInteger, null],
  ['parent', hasTexts('run', 'checkpoint'), null],
  ['waits', isFlag, undefined],
  ['script', hasTexts('command', 'folder'), undefined],
  ['study', hasTexts('id', 'variant'), undefined],
  ['imported', hasTexts('format', 'source'), undefined],
  ['notes', isText, undefined],
  ['tags', isTexts, undefined],
  ['pinned', isFlag, undefined],
  ['archived', isFlag, undefined],
];

const statusFields: Fields = [
  ['startedAt', isText, ''],
  ['totalSteps', Number.isInteger, 0],
  ['tokens', Number.isFinite, 0],
  ['secondsPerStep', Number.isFinite, null],
  ['evaluation', (value) => hasTexts('benchmark')(value) && hasCounts(value), null],
  ['checkpointStep', Number.isInteger, null],
  ['device', isText, undefined],
  ['error', hasTexts('message', 'hint'), null],
];

function hasCounts(value: unknown): boolean {
  return isObject(value) && Number.isInteger(value.done) && Number.isInteger(value.total);
}

function shown(file: object, fields: Fields): Record<string, unknown> {
  const found: Record<string, unknown> = { ...file };
  for (const [name, isRight, otherwise] of fields) {
    if (isRight(found[name])) continue;
    if (otherwise === undefined) delete found[name];
    else found[name] = otherwise;
  }
  return found;
}

/** @param status with its state, process and step, of anything else perhaps nothing */
export const shownStatus = (status: RunStatus): RunStatus => shown(status, statusFields) as RunStatus;

/** The parts of an experiment that are objects; what is missing in them is shown as missing. */
const parts = ['method', 'task', 'rollout', 'optimization', 'evaluation', 'checkpoints', 'torch'] as const;

/** What has trained: one of our engines, or the program that a log is of. */
const engineOf = ({ engine, imported }: RunManifest) =>
  isText(engine) ? engine : (imported?.format ?? unsaid);

/** @param manifest with what a run cannot be shown without, of anything else perhaps nothing */
export function shownManifest(manifest: RunManifest): RunManifest {
  const experiment: Record<string, unknown> = { ...manifest.experiment };
  for (const part of parts) if (!isObject(experiment[part])) experiment[part] = {};
  if (!isText(experiment.policy)) experiment.policy = unsaid;
  const { method } = experiment;
  experiment.method = {
    lambda: unsaid,
    shaping: unsaid,
    ...(isObject(method) && method),
    name: isObject(method) && isText(method.name) ? method.name : unsaid,
  };
  const { evaluation } = experiment;
  const benchmarks =
    isObject(evaluation) && Array.isArray(evaluation.benchmarks) ? evaluation.benchmarks : [];
  experiment.evaluation = {
    ...(isObject(evaluation) && evaluation),
    benchmarks: benchmarks.filter(hasTexts('name')),
  };
  return { ...shown(manifest, manifestFields), engine: engineOf(manifest), experiment } as RunManifest;
}
