/** Packages that only some experiments need: shown, and never installed by themselves. */
import { readFileSync } from 'node:fs';
import type { Experiment } from '../../../experiment/index.js';
import { type Installer, packageCommandByHand, removeCommandByHand } from './install-commands.js';
import type { InterpreterReport } from './probe.js';
import type { EnvironmentProblem } from './problem.js';

export interface OptionalPackage {
  name: string;
  /** Null when it is missing. */
  installed: string | null;
  /** What it needs itself and does not find: `xgrammar`. */
  lacks: string[];
  /** What needs it: `experiments with torch.vllm`. */
  purpose: string;
  /** What a person types to install it; null where there is no Python to install it for. */
  command: string | null;
}

/** TRL's own extras install the versions that it works with. */
const known = [
  { name: 'vllm', extra: 'trl[vllm]', purpose: 'experiments with torch.vllm' },
  {
    name: 'deepspeed',
    extra: 'trl[deepspeed]',
    purpose: 'a DeepSpeed configuration in torch.accelerateConfig',
  },
];

export const optionalNames: readonly string[] = known.map(({ name }) => name);

export function optionalPackages(
  interpreter: InterpreterReport | null,
  uv: Installer['uv'],
): OptionalPackage[] {
  return known.map(({ name, extra, purpose }) => ({
    name,
    installed: interpreter?.python?.packages[name] ?? null,
    lacks: interpreter?.python?.unmet?.[name] ?? [],
    purpose,
    command: interpreter?.python ? packageCommandByHand({ python: interpreter.path, uv }, extra) : null,
  }));
}

/** Those that will probably not load. TRL and its dependencies import each installed one in every run. */
export function brokenPackages(
  packages: readonly OptionalPackage[],
  interpreter: InterpreterReport | null,
  uv: Installer['uv'],
): EnvironmentProblem[] {
  return packages
    .filter(({ installed, lacks }) => installed !== null && lacks.length > 0)
    .map(({ name, installed, lacks, purpose, command }) => ({
      severity: 'warning',
      message: `${name} ${installed} lacks dependencies: ${lacks.join(', ')}. If it cannot be imported, no run starts.`,
      hint: `Reinstall it: ${command}. Or remove it (used only for ${purpose}): ${removeCommandByHand({ python: interpreter!.path, uv }, name)}.`,
      installs: false,
    }));
}

/** What an experiment needs and this Python lacks, as sentences. */
export function missingFor({ torch }: Experiment, packages: readonly OptionalPackage[]): string[] {
  const { vllm, accelerateConfig } = torch;
  const configuration = accelerateConfig === undefined ? '' : readFileSync(accelerateConfig, 'utf8');
  const needed: Record<string, boolean> = {
    vllm: vllm !== undefined,
    deepspeed: /distributed_type["']?\s*:\s*["']?DEEPSPEED/i.test(configuration),
  };
  return packages
    .filter(({ name, installed }) => needed[name] && installed === null)
    .map(({ name, command }) => {
      const remedy = command === null ? '' : ` Install it: ${command}`;
      return `This experiment needs ${name}, which is not installed.${remedy}`;
    });
}
