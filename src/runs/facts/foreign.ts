/** Runs whose trainer is not one of ours: what they log is theirs to choose. Pure. */
import type { JsonObject, RunManifest } from '../protocol/index.js';

/** Whether a log of another program was imported, or a script of one's own trains. */
export function isForeign({ imported, script }: Pick<RunManifest, 'imported' | 'script'>): boolean {
  return imported !== undefined || script !== undefined;
}

/** What stands where a log does not say something. */
export const unsaid = '–';

/** The settings of a run that it says: readers show the others as missing, which is no setting. */
export function saidSettings({ experiment, imported }: Pick<RunManifest, 'experiment' | 'imported'>): object {
  return imported ? said(experiment) : experiment;
}

const said = (settings: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]): [string, unknown][] => {
      if (!isObject(value)) return value === unsaid || isEmptyList(value) ? [] : [[name, value]];
      const part = said(value);
      return Object.keys(part).length > 0 ? [[name, part]] : [];
    }),
  );

// The protocol's own check comes with Node.
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
