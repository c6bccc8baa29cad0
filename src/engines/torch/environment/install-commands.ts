/** The commands that bring packages into an environment: of uv where it is installed, else of pip. */
import { indexOf, type TorchSource } from './torch-build.js';

export interface Installer {
  /** Interpreter of the environment. */
  python: string;
  /** Path of uv; null for pip. */
  uv: string | null;
}

/**
 * What is wrong with the torch of an environment. `missing`: it, or the right version of it, is not there. `unfit`: its
 * build cannot use the GPU. `damaged`: it cannot be loaded, and so it may be with the libraries that came with it.
 */
export type TorchFault = 'missing' | 'unfit' | 'damaged';

const quiet = ['--disable-pip-version-check', '--progress-bar=off'];

const installWith = ({ python, uv }: Installer, options: readonly string[]): string[] =>
  uv === null
    ? [python, '-m', 'pip', 'install', ...quiet, ...options]
    : [uv, 'pip', 'install', '--python', python, ...options];

export const requirementsCommand = (installer: Installer, file: string): string[] =>
  installWith(installer, ['-r', file]);

/** What the new build needs beside torch itself comes with the other requirements. */
export function torchCommand(installer: Installer, source: TorchSource, fault: TorchFault): string[] {
  const again = {
    missing: { pip: [], uv: [] },
    unfit: { pip: ['--force-reinstall', '--no-deps'], uv: ['--reinstall-package', 'torch'] },
    damaged: { pip: ['--force-reinstall'], uv: ['--reinstall'] },
  }[fault];
  const { requirement, build } = source;
  if (installer.uv !== null) {
    const backend = build === null ? [] : [`--torch-backend=${build}`];
    return installWith(installer, [...backend, ...again.uv, requirement]);
  }
  // Where that index cannot be reached, another is asked: no need to insist.
  const index = build === null ? [] : ['--index-url', indexOf(build), '--retries=1'];
  return installWith(installer, [...index, ...again.pip, requirement]);
}

const byUv = (python: string): string[] => ['uv', 'pip', 'install', '--python', python];

/** What a person types to get another build of torch. */
export function torchCommandByHand({ python, uv }: Installer, build: string): string {
  return commandLine(
    uv === null
      ? [python, '-m', 'pip', 'install', '--force-reinstall', '--index-url', indexOf(build), 'torch']
      : [...byUv(python), `--torch-backend=${build}`, '--reinstall-package', 'torch', 'torch'],
  );
}

/** What a person types to add a package. */
export const packageCommandByHand = ({ python, uv }: Installer, requirement: string): string =>
  commandLine(uv === null ? [python, '-m', 'pip', 'install', requirement] : [...byUv(python), requirement]);

/** What a person types to remove a package. */
export const removeCommandByHand = ({ python, uv }: Installer, name: string): string =>
  commandLine(
    uv === null
      ? [python, '-m', 'pip', 'uninstall', name]
      : ['uv', 'pip', 'uninstall', '--python', python, name],
  );

/** As a shell of this system takes it. */
const commandLine = (words: readonly string[]): string => words.map(asWord).join(' ');

function asWord(word: string): string {
  const windows = process.platform === 'win32';
  if ((windows ? /^[\w@%+=:,./\\-]+$/ : /^[\w@%+=:,./-]+$/).test(word)) return word;
  // In double quotes a shell of Unix still reads these.
  return windows || !/["\\$`!]/.test(word) ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}
