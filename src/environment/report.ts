/** The torch engine's environment on this machine: what is there, what is missing, and what to do about it. */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type GpuReport, queryGpus } from './gpus.js';
import { type InterpreterHints, interpreterCandidates, ownEnvironment } from './interpreters.js';
import { type InterpreterReport, probeInterpreter } from './probe.js';
import { type Requirement, readRequirements, satisfies } from './requirements.js';

export interface PackageState extends Requirement {
  /** Null when it is missing. */
  installed: string | null;
  fits: boolean;
}

export interface EnvironmentProblem {
  /** `error`: nothing can be trained. `warning`: only slowly, on the processor. */
  severity: 'error' | 'warning';
  message: string;
  /** What to do, as a sentence. */
  hint: string;
  /** Whether installing what is missing would mend it. */
  installs: boolean;
}

export interface EnvironmentReport {
  /** The interpreter that would run the engine: the first that can, else the first that was found. */
  interpreter: InterpreterReport | null;
  /** All that were looked at. */
  interpreters: InterpreterReport[];
  packages: PackageState[];
  gpus: GpuReport;
  /** Bytes that are free where the environment of G2RL Lab is or would be; null when unknown. */
  freeBytes: number | null;
  /** Folder of the environment that G2RL Lab makes. */
  ownEnvironment: string;
  problems: EnvironmentProblem[];
  /** The engine starts. */
  usable: boolean;
  /** It starts and has a GPU. */
  cuda: boolean;
}

/** The first Python with the syntax and the packages that the engine needs. */
export const OLDEST_PYTHON = '3.10';

/** What an installation with CUDA takes, unpacked and with what pip keeps while it installs. */
const NEEDED_BYTES = 12 * 2 ** 30;

export async function inspectEnvironment(
  packageFolder: string,
  hints: InterpreterHints,
): Promise<EnvironmentReport> {
  const requirements = readRequirements(packageFolder);
  const names = requirements.map(({ name }) => name);
  const gpusAsked = queryGpus();
  const interpreters: InterpreterReport[] = [];
  for (const candidate of interpreterCandidates(hints)) {
    const found = await probeInterpreter(candidate, packageFolder, names);
    interpreters.push(found);
    if (errorsOf(found, requirements).length === 0) break;
  }
  const complete = interpreters.find((one) => errorsOf(one, requirements).length === 0);
  const own = ownEnvironment();
  return judge({
    interpreter: complete ?? interpreters[0] ?? null,
    interpreters,
    packages: requirements,
    gpus: await gpusAsked,
    freeBytes: await freeBytes(own),
    ownEnvironment: own,
  });
}

type Facts = Omit<EnvironmentReport, 'packages' | 'problems' | 'usable' | 'cuda'> & {
  packages: readonly Requirement[];
};

/** Draws the conclusions. */
export function judge(facts: Facts): EnvironmentReport {
  const { interpreter, packages: requirements } = facts;
  const errors = errorsOf(interpreter, requirements);
  const usable = errors.length === 0;
  const missingDisk = !usable && facts.freeBytes !== null && facts.freeBytes < NEEDED_BYTES;
  const problems = [
    ...errors,
    ...(missingDisk ? [diskProblem(facts.freeBytes!, facts.ownEnvironment)] : []),
    ...(usable ? gpuProblems(interpreter!, facts.gpus) : []),
  ];
  const torch = interpreter?.torch;
  const cuda = usable && torch !== undefined && 'available' in torch && torch.available;
  return {
    ...facts,
    packages: packageStates(interpreter, requirements),
    problems,
    usable,
    cuda,
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

function errorsOf(
  interpreter: InterpreterReport | null,
  requirements: readonly Requirement[],
): EnvironmentProblem[] {
  const error = (message: string, hint: string, installs: boolean): EnvironmentProblem[] => [
    { severity: 'error', message, hint, installs },
  ];
  if (!interpreter) {
    return error(
      'No Python was found.',
      `Install Python ${OLDEST_PYTHON} or newer, or name one in the setting "g2rl.python", then look again.`,
      false,
    );
  }
  const { python, torch, path } = interpreter;
  if (!python) {
    const reason = 'error' in torch ? torch.error : '';
    return error(`${path} does not start: ${reason}`, 'Choose another interpreter, or install anew.', true);
  }
  if (!satisfies(python.version, `>=${OLDEST_PYTHON}`)) {
    return error(
      `${path} is Python ${python.version}; the engine needs ${OLDEST_PYTHON} or newer.`,
      'Install a newer Python, or choose another interpreter.',
      false,
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
      'The build does not fit this machine, or its files are damaged. Install it anew.',
      true,
    );
  }
  return [];
}

function diskProblem(free: number, folder: string): EnvironmentProblem {
  const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return {
    severity: 'warning',
    message: `Only ${gibibytes(free)} are free at ${folder}; an installation with CUDA takes up to ${gibibytes(NEEDED_BYTES)}.`,
    hint: 'Free some space first.',
    installs: false,
  };
}

/** An engine that starts, but without a GPU. */
function gpuProblems(
  { torch, python }: InterpreterReport,
  { gpus, problem }: GpuReport,
): EnvironmentProblem[] {
  if ('error' in torch || torch.available) return [];
  const warning = (message: string, hint: string, installs = false): EnvironmentProblem[] => [
    { severity: 'warning', message, hint, installs },
  ];
  if (gpus.length === 0) {
    return warning(
      `This machine has no NVIDIA GPU that can be used (${problem ?? 'none is named'}).`,
      'Training runs on the processor, which is slow. On a machine with a GPU, install its driver first.',
    );
  }
  const name = gpus[0]!.name;
  if (torch.build === null) {
    return warning(
      `torch ${python?.packages.torch ?? ''} is a build without CUDA, but this machine has ${name}.`,
      'Install torch anew, in a build for CUDA.',
      true,
    );
  }
  return warning(
    `torch is built for CUDA ${torch.build} and cannot use ${name}: ${torch.reason ?? 'it does not say why'}.`,
    'Update the driver of the GPU, or install a torch that is built for an older CUDA.',
  );
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
