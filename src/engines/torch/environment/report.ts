/** The torch engine's environment on this machine: what is there, what is missing, and what to do about it. */

import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type GpuReport, hasGpu, queryGpus } from '../../nvidia/index.js';
import { baseInterpreter, oldestPython } from './base-interpreter.js';
import { gpuProblems } from './gpu-problems.js';
import { findUv, type InterpreterHints, interpreterCandidates, ownEnvironment } from './interpreters.js';
import {
  brokenPackages,
  type OptionalPackage,
  optionalNames,
  optionalPackages,
} from './optional-packages.js';
import { type InterpreterReport, probeInterpreter } from './probe.js';
import type { EnvironmentProblem } from './problem.js';
import { type Requirement, readRequirements, satisfies } from './requirements.js';

export interface PackageState extends Requirement {
  /** Null when it is missing. */
  installed: string | null;
  fits: boolean;
}

export interface EnvironmentReport {
  /** The interpreter that would run the engine: the chosen one, else the best that was found. */
  interpreter: InterpreterReport | null;
  /** All that were looked at. */
  interpreters: InterpreterReport[];
  packages: PackageState[];
  optional: OptionalPackage[];
  gpus: GpuReport;
  /** Bytes that are free where the environment of G2RL Lab is or would be; null when unknown. */
  freeBytes: number | null;
  /** Folder of the environment that G2RL Lab makes. */
  ownEnvironment: string;
  /** The Python that would make it; null when none of those found could. */
  base: string | null;
  /** Path of uv, which installs a Python where there is none; null where it is not installed. */
  uv: string | null;
  problems: EnvironmentProblem[];
  /** The engine starts. */
  usable: boolean;
  /** It starts and has a GPU. */
  cuda: boolean;
  /** Something is wrong that installing would fix. */
  installs: boolean;
}

/** What an installation with CUDA takes, unpacked and with what pip keeps while it installs. */
const neededBytes = 12 * 2 ** 30;

export async function inspectEnvironment(
  packageFolder: string,
  hints: InterpreterHints,
): Promise<EnvironmentReport> {
  const requirements = readRequirements(packageFolder);
  const gpusAsked = queryGpus();
  const own = ownEnvironment();
  return judge({
    ...(await findInterpreter(packageFolder, hints, requirements, gpusAsked)),
    packages: requirements,
    gpus: await gpusAsked,
    freeBytes: await freeBytes(own),
    ownEnvironment: own,
    uv: findUv(),
  });
}

/**
 * The chosen interpreter. Without one the first whose torch uses the GPU, or that is complete where there is no GPU: no
 * further ones are looked at then.
 */
async function findInterpreter(
  packageFolder: string,
  hints: InterpreterHints,
  requirements: readonly Requirement[],
  gpusAsked: Promise<GpuReport>,
): Promise<Pick<EnvironmentReport, 'interpreter' | 'interpreters'>> {
  const names = [...requirements.map(({ name }) => name), ...optionalNames];
  const complete = (one: InterpreterReport) => errorsOf(one, requirements, null).length === 0;
  const isBase = (one: InterpreterReport) => baseInterpreter([one]) !== null;
  const interpreters: InterpreterReport[] = [];
  for (const candidate of interpreterCandidates(hints)) {
    const found = await probeInterpreter(candidate, packageFolder, names);
    interpreters.push(found);
    if (hints.chosen) {
      // Where it does not start, another one is only of use to make an environment with.
      if (isBase(interpreters[0]!) || (isBase(found) && found.python?.virtual === false)) break;
    } else if (complete(found) && (usesGpu(found) || !hasGpu(await gpusAsked))) {
      return { interpreter: found, interpreters };
    }
  }
  const [first = null] = interpreters;
  return { interpreter: hints.chosen ? first : (interpreters.find(complete) ?? first), interpreters };
}

const usesGpu = ({ torch }: InterpreterReport): boolean => 'available' in torch && torch.available;

type Facts = Omit<
  EnvironmentReport,
  'packages' | 'optional' | 'base' | 'problems' | 'usable' | 'cuda' | 'installs'
> & {
  packages: readonly Requirement[];
};

/** Draws the conclusions. */
export function judge(facts: Facts): EnvironmentReport {
  const { interpreter, interpreters, packages: requirements, gpus, freeBytes: free, uv } = facts;
  const base = baseInterpreter(interpreters);
  const maker = base ?? (uv === null ? null : 'a Python from uv');
  const errors = errorsOf(interpreter, requirements, maker);
  const usable = errors.length === 0;
  const optional = optionalPackages(interpreter, uv);
  const missingDisk = !usable && free !== null && free < neededBytes;
  const problems = [
    ...errors,
    ...(missingDisk ? [diskProblem(free, facts.ownEnvironment)] : []),
    ...(usable ? gpuProblems(interpreter!, gpus, uv) : []),
    ...brokenPackages(optional, interpreter, uv),
  ];
  return {
    ...facts,
    packages: packageStates(interpreter, requirements),
    optional,
    base,
    problems,
    usable,
    cuda: usable && usesGpu(interpreter!),
    installs: maker !== null && problems.some(({ installs }) => installs),
  };
}

function packageStates(
  interpreter: InterpreterReport | null,
  requirements: readonly Requirement[],
): PackageState[] {
  return requirements.map((requirement) => {
    const installed = interpreter?.python?.packages[requirement.name] ?? null;
    const fits = installed !== null && satisfies(installed, requirement.specifier);
    return { ...requirement, installed, fits };
  });
}

/** @param maker what an environment would be made with; null when nothing can */
function errorsOf(
  interpreter: InterpreterReport | null,
  requirements: readonly Requirement[],
  maker: string | null,
): EnvironmentProblem[] {
  const error = (message: string, hint: string, installs: boolean): EnvironmentProblem[] => [
    { severity: 'error', message, hint, installs },
  ];
  const made = maker === null ? null : `Install what is missing: this creates an environment with ${maker}.`;
  if (!interpreter) {
    const byHand = `Install Python ${oldestPython} or newer, or uv, or set "g2rl.python" to a Python; then check again.`;
    return error('No Python was found.', made ?? byHand, made !== null);
  }
  const { python, torch, path, source } = interpreter;
  if (!python) {
    const reason = 'error' in torch ? torch.error : '';
    const byHand = `Choose another interpreter, or install Python ${oldestPython} or newer.`;
    const hint = made === null ? byHand : `${made} Or choose another interpreter.`;
    return error(`${path} (${source}) does not start: ${reason}.`, hint, made !== null);
  }
  if (!satisfies(python.version, `>=${oldestPython}`)) {
    return error(
      `${path} is Python ${python.version}; the engine needs ${oldestPython} or newer.`,
      made ?? 'Install a newer Python, or uv, or choose another interpreter.',
      made !== null,
    );
  }
  const wrong = packageStates(interpreter, requirements).filter(({ fits }) => !fits);
  if (wrong.length > 0) {
    const list = wrong.map(({ name, installed, specifier }) =>
      installed === null ? name : `${name} ${installed} (needs ${specifier})`,
    );
    return error(`${path} lacks ${list.join(', ')}.`, 'Install what is missing.', true);
  }
  if ('error' in torch) {
    return error(
      `${path} has torch but cannot load it: ${torch.error}`,
      'The build does not fit this machine, or its files are damaged. Reinstall it.',
      true,
    );
  }
  return [];
}

function diskProblem(free: number, folder: string): EnvironmentProblem {
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return {
    severity: 'warning',
    message: `Only ${gibibytes(free)} are free at ${folder}; an installation with CUDA takes up to ${gibibytes(neededBytes)}.`,
    hint: 'Free some space first.',
    installs: false,
  };
}

/** Of the nearest folder that exists. */
async function freeBytes(folder: string): Promise<number | null> {
  for (let place = folder; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = await statfs(place);
      return bavail * bsize;
    } catch {
      if (dirname(place) === place) return null;
    }
  }
}
