/** Why an installation failed, and what to do about it. */

import { KnownError } from '../../../errors.js';
export class InstallError extends KnownError {
  override readonly name = 'InstallError';
}

/** What a program said last. */
export const lastWord = (lines: readonly string[]): string | undefined =>
  lines.findLast((line) => line.trim() !== '');

export const isFull = (lines: readonly string[]): boolean => /No space left|Errno 28/.test(lines.join('\n'));

const hasNoSuchPackage = (lines: readonly string[]): boolean =>
  /No matching distribution|no solution/i.test(lines.join('\n'));

/** @param lines what the installer printed */
export function explainPip(lines: readonly string[]): InstallError {
  const text = lines.join('\n');
  const said = lines.findLast((line) => /error/i.test(line)) ?? lastWord(lines) ?? 'it said nothing';
  const message = `The packages could not be installed: ${said.trim()}`;
  if (isFull(lines)) return new InstallError(message, 'Free some space, then try again.');
  if (/Temporary failure|ConnectionError|NewConnectionError|dns error|Network|Max retries/i.test(text)) {
    return new InstallError(
      message,
      'Check the network or the proxy, then try again: finished downloads are kept.',
    );
  }
  if (hasNoSuchPackage(lines)) {
    return new InstallError(message, 'This Python or this platform has no such package: try another Python.');
  }
  return new InstallError(message, 'Check the log, fix what it reports, then try again.');
}
