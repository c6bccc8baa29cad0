/** `--set key=value`: fields of an experiment given on the command line instead of in its file. */
import { KnownError } from '../errors.js';
import { type FieldPath, formatPath } from './field-path.js';

export interface Override {
  path: FieldPath;
  value: unknown;
}

/** An override that is not `key=value`, or that names a place which a list does not have. */
export class OverrideSyntaxError extends KnownError {
  override readonly name = 'OverrideSyntaxError';
}

/** The value is JSON where it parses as JSON (`0.5`, `true`, `[3,4]`), else a text (`grpo`). */
export function parseOverride(text: string): Override {
  const equals = text.indexOf('=');
  const key = text.slice(0, Math.max(0, equals)).trim();
  if (key === '') {
    throw new OverrideSyntaxError(
      `"${text}": write --set key=value, as in --set optimization.learningRate=2e-4`,
    );
  }
  return { path: parsePath(key), value: parseValue(text.slice(equals + 1)) };
}

/** `evaluation.benchmarks[0].limit` as its parts. */
export function parsePath(key: string): FieldPath {
  return key
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/**
 * A copy of `root` with the value at `path` replaced; objects on the way are made where they are missing, and a list
 * may grow by one entry.
 * @throws {OverrideSyntaxError}
 */
export function withOverride(root: unknown, { path, value }: Override): unknown {
  return replaced(root, path, value, []);
}

function replaced(root: unknown, path: FieldPath, value: unknown, above: FieldPath): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  const here = [...above, part];
  if (Array.isArray(root) && typeof part === 'number') {
    if (part > root.length) throw beyondEnd(here, root.length);
    const copy = [...root];
    copy[part] = replaced(copy[part], rest, value, here);
    return copy;
  }
  const object = typeof root === 'object' && root !== null && !Array.isArray(root) ? root : {};
  const child = Object.entries(object).find(([key]) => key === String(part))?.[1];
  if (typeof part === 'number' && Object.keys(object).length === 0) {
    if (part > 0) throw beyondEnd(here, 0);
    return [replaced(undefined, rest, value, here)];
  }
  return { ...object, [part]: replaced(child, rest, value, here) };
}

const beyondEnd = (path: FieldPath, length: number): OverrideSyntaxError =>
  new OverrideSyntaxError(
    `${formatPath(path)}: the list has ${length} ${length === 1 ? 'entry' : 'entries'}, so the next is [${length}]`,
  );

/** Whether the field at `path` came from one of the overrides. */
export function isOverridden(path: string, overrides: readonly string[]): boolean {
  return overrides.some((key) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`));
}
