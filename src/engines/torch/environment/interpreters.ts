/** Where Python interpreters may be, the likeliest first. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

export interface Candidate {
  path: string;
  /** Who named it: `setting g2rl.python`. For people. */
  source: string;
}

export interface InterpreterHints {
  /** Chosen by the user: no other is used, even if it does not work. */
  chosen?: Candidate | undefined;
  /** The one that the editor's Python extension has active. */
  active?: Candidate | undefined;
  /** Folders that may have a virtual environment in `.venv` or `venv`. */
  folders?: readonly string[];
}

const windows = process.platform === 'win32';

/** The interpreter of a virtual environment. */
export const interpreterOf = (environment: string): string =>
  windows ? join(environment, 'Scripts', 'python.exe') : join(environment, 'bin', 'python');

/** The virtual environment that G2RL Lab makes, one for the editor and the terminal: it takes gigabytes. */
export function ownEnvironment(): string {
  const home = process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
  const root = windows ? (process.env.LOCALAPPDATA ?? home) : home;
  return join(root, 'g2rl-lab', 'torch-environment');
}

/** The chosen interpreter, even where there is none, and existing ones, each once. */
export function interpreterCandidates(hints: InterpreterHints): Candidate[] {
  const ofFolders = (hints.folders ?? []).flatMap((folder) =>
    ['.venv', 'venv'].map((name) => ({
      path: interpreterOf(join(folder, name)),
      source: `${name} of this workspace`,
    })),
  );
  const activated = process.env.VIRTUAL_ENV ?? process.env.CONDA_PREFIX;
  const all: (Candidate | undefined)[] = [
    hints.active,
    { path: interpreterOf(ownEnvironment()), source: 'made by G2RL Lab' },
    ...ofFolders,
    activated === undefined
      ? undefined
      : { path: interpreterOf(activated), source: 'activated in the terminal' },
    ...onPath(windows ? ['python.exe'] : ['python3', 'python']),
  ];
  const { chosen } = hints;
  const seen = new Set<string>(chosen ? [chosen.path] : []);
  const others = all.filter((candidate): candidate is Candidate => {
    if (!candidate || seen.has(candidate.path) || !existsSync(candidate.path)) return false;
    seen.add(candidate.path);
    return true;
  });
  return chosen ? [chosen, ...others] : others;
}

/** Path of uv; null where it is not installed. */
export const findUv = (): string | null => onPath([windows ? 'uv.exe' : 'uv'])[0]?.path ?? null;

/** Programs on the PATH, the first of each name. */
function onPath(names: readonly string[]): Candidate[] {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(isAbsolute);
  return names.flatMap((name) => {
    const path = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
    return path === undefined ? [] : [{ path, source: 'on the PATH' }];
  });
}
