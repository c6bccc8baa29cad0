/** Which packages the torch engine needs, and whether a version is supported. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Requirement {
  name: string;
  /** `>=5.15,<6`, as pip writes it. */
  specifier: string;
}

/** @param packageFolder `src/torch`. @throws when its requirements.txt cannot be read */
export function readRequirements(packageFolder: string): Requirement[] {
  return readFileSync(join(packageFolder, 'requirements.txt'), 'utf8')
    .split('\n')
    .map((line) => /^([A-Za-z0-9._-]+)\s*(.*)$/.exec(line.trim()))
    .filter((match) => match !== null)
    .map(([, name = '', specifier = '']) => ({ name, specifier }));
}

/** `2.13.0+cpu` → [2, 13, 0]: release numbers only; a pre-release counts as its release. */
function release(version: string): number[] {
  const [numbers = ''] = /^\d+(\.\d+)*/.exec(version) ?? [];
  return numbers.split('.').map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether a version satisfies bounds of the forms `>=`, `>`, `<=`, `<` and `==`. @throws for others */
export function satisfies(version: string, specifier: string): boolean {
  return specifier.split(',').every((bound) => {
    const [, relation, limit] = /^\s*(>=|<=|==|>|<)\s*([\w.]+)\s*$/.exec(bound) ?? [];
    if (relation === undefined || limit === undefined) throw new Error(`"${bound}" is not a version bound`);
    const order = compare(release(version), release(limit));
    if (relation === '==') return order === 0;
    if (order === 0) return relation.endsWith('=');
    return relation.startsWith('>') === order > 0;
  });
}
