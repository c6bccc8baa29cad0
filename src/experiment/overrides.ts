/** `--set key=value`: fields of an experiment given on the command line instead of in its file. */
import type { FieldPath } from './document.js';

export interface Override {
  path: FieldPath;
  value: unknown;
}

/** An override that is not `key=value`. */
export class OverrideSyntaxError extends Error {}

/** The value is JSON where it parses as JSON (`0.5`, `true`, `[3,4]`), else a text (`grpo`). */
export function parseOverride(text: string): Override {
  const equals = text.indexOf('=');
  const key = text.slice(0, Math.max(0, equals)).trim();
  if (key === '') {
    throw new OverrideSyntaxError(
      `"${text}": write --set key=value, as in --set optimization.learningRate=2e-4`,
    );
  }
  const path = key
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return { path, value: parseValue(text.slice(equals + 1)) };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** A copy of `root` with the value at `path` replaced; objects on the way are made where they are missing. */
export function withOverride(root: unknown, { path, value }: Override): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return value;
  if (Array.isArray(root) && typeof part === 'number') {
    const copy = [...root];
    copy[part] = withOverride(copy[part], { path: rest, value });
    return copy;
  }
  const object = typeof root === 'object' && root !== null && !Array.isArray(root) ? root : {};
  const child = Object.entries(object).find(([key]) => key === String(part))?.[1];
  if (typeof part === 'number' && Object.keys(object).length === 0) {
    return [withOverride(undefined, { path: rest, value })];
  }
  return { ...object, [part]: withOverride(child, { path: rest, value }) };
}

/** Whether the field at `path` came from one of the overrides. */
export function isOverridden(path: string, overrides: readonly string[]): boolean {
  return overrides.some((key) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`));
}
