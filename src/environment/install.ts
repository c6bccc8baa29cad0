/** Makes the virtual environment of the torch engine, or mends it: with uv where it is installed, else venv and pip. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Candidate, interpreterOf, onPath } from './interpreters.js';
import { type EnvironmentReport, OLDEST_PYTHON } from './report.js';
import { satisfies } from './requirements.js';

export interface InstallOptions {
  /** `src/torch`, whose requirements.txt is installed. */
  packageFolder: string;
  /** Folder of the environment; made when it is missing. */
  environment: string;
  /** Python that makes it. */
  base: string;
  /** Take a torch without CUDA, a tenth of the size, where the package index has one. */
  cpu?: boolean;
  signal?: AbortSignal;
  /** Each line that the programs print. */
  onLine(line: string): void;
}

/** The build that this engine is tested with; the name of the release tells of what it leaves out. */
const TORCH_WITHOUT_CUDA = 'torch==2.13.0+cpu';

export class InstallError extends Error {
  override readonly name = 'InstallError';
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/** The interpreter that makes the environment. @throws {InstallError} when there is none that could */
export function baseInterpreter({ interpreters, problems }: EnvironmentReport): string {
  const able = interpreters.flatMap(({ python }) =>
    python && satisfies(python.version, `>=${OLDEST_PYTHON}`) ? [python] : [],
  );
  // One that is virtual itself may be removed with its project.
  const base = able.find(({ virtual }) => !virtual) ?? able[0];
  if (base) return base.executable;
  const [problem] = problems;
  throw new InstallError(problem?.message ?? 'No Python was found.', problem?.hint ?? '');
}

/**
 * Idempotent: what fits already is left alone, and an installation that was cut off goes on.
 * @returns the interpreter of the environment
 * @throws {InstallError} with the last thing that the installer said
 */
export async function installEnvironment(options: InstallOptions): Promise<string> {
  const [uv] = onPath([process.platform === 'win32' ? 'uv.exe' : 'uv']);
  const python = interpreterOf(options.environment);
  if (!(await starts(python))) await create(options, uv);
  const install = uv
    ? [uv.path, 'pip', 'install', '--python', python]
    : [python, '-m', 'pip', 'install', '--disable-pip-version-check', '--progress-bar=off'];
  const requirements = ['-r', join(options.packageFolder, 'requirements.txt')];
  const withoutCuda = uv ? ['--torch-backend', 'cpu'] : [TORCH_WITHOUT_CUDA];
  let result = options.cpu ? await run([...install, ...requirements, ...withoutCuda], options) : null;
  // Not every index has such a build; the one with CUDA runs without it as well.
  if (result?.code !== 0) result = await run([...install, ...requirements], options);
  if (result.code !== 0) throw explainPip(result.lines);
  return python;
}

async function create(options: InstallOptions, uv: Candidate | undefined): Promise<void> {
  const { environment, base } = options;
  // A half-made environment has no interpreter that starts; nothing of it is worth keeping.
  if (existsSync(environment) && !existsSync(join(environment, 'pyvenv.cfg'))) {
    throw new InstallError(
      `${environment} exists and is no virtual environment.`,
      'Move it away, then install again.',
    );
  }
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(dirname(environment), { recursive: true });
  const command = uv ? [uv.path, 'venv', '--python', base, environment] : [base, '-m', 'venv', environment];
  const { code, lines } = await run(command, options);
  if (code === 0) return;
  const text = lines.join('\n');
  rmSync(environment, { recursive: true, force: true });
  if (/ensurepip is not|No module named '?venv/.test(text)) {
    throw new InstallError(
      `${base} cannot make virtual environments: a part of Python is missing.`,
      'Install it (on Debian and Ubuntu the package python3-venv), or install uv, then try again.',
    );
  }
  throw new InstallError(
    `The environment could not be made: ${lines.at(-1) ?? `exit code ${code}`}`,
    'Look at the log.',
  );
}

async function starts(python: string): Promise<boolean> {
  if (!existsSync(python)) return false;
  const { code } = await run([python, '-c', ''], { onLine: () => {} });
  return code === 0;
}

const hasNoSuchPackage = (lines: readonly string[]): boolean =>
  /No matching distribution|no solution/i.test(lines.join('\n'));

function explainPip(lines: readonly string[]): InstallError {
  const text = lines.join('\n');
  const said = lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  const message = `The packages could not be installed: ${said.trim()}`;
  if (/No space left|Errno 28/.test(text))
    return new InstallError(message, 'Free some space, then try again.');
  if (/Temporary failure|ConnectionError|NewConnectionError|dns error|Network|Max retries/i.test(text)) {
    return new InstallError(
      message,
      'Check the network or the proxy, then try again: what has arrived is kept.',
    );
  }
  if (hasNoSuchPackage(lines)) {
    return new InstallError(message, 'This Python or this platform has no such package: try another Python.');
  }
  return new InstallError(message, 'Look at the log, mend what it says, then try again.');
}

/** @throws the signal's reason when it ends the program */
async function run(
  command: readonly string[],
  { signal, onLine }: Pick<InstallOptions, 'signal' | 'onLine'>,
): Promise<{ code: number; lines: string[] }> {
  signal?.throwIfAborted();
  const [program = '', ...parameters] = command;
  const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  const lines: string[] = [];
  const take = (line: string) => {
    lines.splice(0, Math.max(0, lines.length - 200));
    lines.push(line);
    onLine(line);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', take);
  const end = () => child.kill();
  signal?.addEventListener('abort', end, { once: true });
  const code = await new Promise<number>((resolve) => {
    child.once('error', (error) => {
      take(error.message);
      resolve(127);
    });
    child.once('close', (exitCode) => resolve(exitCode ?? 128));
  });
  signal?.removeEventListener('abort', end);
  signal?.throwIfAborted();
  return { code, lines };
}
