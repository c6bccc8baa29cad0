/** The name that was probably meant. */
import { t } from '@vscode/l10n';
import { distance } from 'fastest-levenshtein';

/** One of the names when it is near enough for the given one to be a typing error. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  // Scores are said as `pass@1` and `maj@16`, and named `pass_at_1` and `maj_at_k`.
  const given = name.toLowerCase().replace(/@(\d+)$/, (_, k) => `_at_${k === '1' ? 1 : 'k'}`);
  const letters = (text: string) => [...text.toLowerCase()].sort().join('');
  const [nearest] = names
    .map((known) => ({
      known,
      away: distance(given, known.toLowerCase()),
      // Of two that are as near, the one with the same letters: they were only swapped.
      swapped: letters(known) === letters(name),
    }))
    .sort((a, b) => a.away - b.away || Number(b.swapped) - Number(a.swapped));
  if (!nearest) return undefined;
  // Of a name of one or two letters any other one would be near.
  if (nearest.away >= Math.max(given.length, nearest.known.length)) return undefined;
  return nearest.away <= Math.max(2, Math.ceil(nearest.known.length / 3)) ? nearest.known : undefined;
}

/** `Did you mean "x"?`, or an empty string. */
export function nearestHint(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names);
  return nearest === undefined ? '' : t('Did you mean "{0}"?', nearest);
}
