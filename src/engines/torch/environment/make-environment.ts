/** Makes a virtual environment that packages can be installed into: with uv where it is installed, else venv. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { oldestPython, pythonOfUv } from './base-interpreter.js';
import { InstallError, lastWord } from './install-error.js';
import { interpreterOf } from './interpreters.js';
import type { EnvironmentReport } from './report.js';
import { type RunOptions, run, succeeds } from './run-program.js';

export interface MakeOptions extends RunOptions {
  /** What was found on this machine. */
  report: Pick<EnvironmentReport, 'base' | 'uv'>;
  /** Folder of the environment. */
  environment: string;
}

/** Leaves one that works as it is. @returns its interpreter. @throws {InstallError} */
export async function makeEnvironment(options: MakeOptions): Promise<string> {
  const python = interpreterOf(options.environment);
  if (!(await succeeds([python, '-c', '']))) await create(options);
  if (options.report.uv === null) await ensurePip(python, options);
  return python;
}

async function create(options: MakeOptions): Promise<void> {
  const { environment, report } = options;
  // A half-made environment has no interpreter that starts; none of it is worth keeping.
  if (existsSync(environment) && !existsSync(join(environment, 'pyvenv.cfg'))) {
    throw new InstallError(
      `${environment} exists and is not a virtual environment.`,
      'Move it elsewhere, then install again.',
    );
  }
  const command = creation(environment, report);
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(dirname(environment), { recursive: true });
  const { code, lines } = await run(command, options);
  if (code === 0) return;
  const text = lines.join('\n');
  rmSync(environment, { recursive: true, force: true });
  if (/ensurepip is not|No module named '?venv/.test(text)) {
    throw new InstallError(
      `${report.base} cannot create virtual environments: a part of Python is missing.`,
      'Install it (on Debian and Ubuntu the package python3-venv), or install uv, then try again.',
    );
  }
  throw new InstallError(
    `The environment could not be created: ${lastWord(lines) ?? `exit code ${code}`}`,
    report.base === null
      ? `Install Python ${oldestPython} or newer, then try again.`
      : 'Check the log, fix what it reports, then try again.',
  );
}

function creation(environment: string, { base, uv }: MakeOptions['report']): string[] {
  // With pip in it, so that the environment can be repaired without uv.
  if (uv !== null) return [uv, 'venv', '--seed', '--python', base ?? pythonOfUv, environment];
  if (base !== null) return [base, '-m', 'venv', environment];
  throw new InstallError(
    `No Python ${oldestPython} or newer was found to create the environment with.`,
    'Install one, or uv, which includes one; then try again.',
  );
}

/** What is left of a pip counts as installed otherwise. */
const clearPip = `import glob, shutil, sysconfig
for name in ("pip", "pip-*.dist-info"):
    for folder in glob.glob(sysconfig.get_path("purelib") + "/" + name):
        shutil.rmtree(folder)
`;

/** An environment has no pip when making it was cut off, and when uv has made it. */
async function ensurePip(python: string, options: MakeOptions): Promise<void> {
  const hasPip = () => succeeds([python, '-m', 'pip', '--version']);
  if (await hasPip()) return;
  await succeeds([python, '-c', clearPip]);
  const { lines } = await run([python, '-m', 'ensurepip', '--upgrade'], options);
  if (await hasPip()) return;
  throw new InstallError(
    `${options.environment} has no pip, and its Python cannot install it: ${lastWord(lines) ?? 'it does not say why'}`,
    'Install uv, or delete that folder so that it is created again; then try again.',
  );
}
