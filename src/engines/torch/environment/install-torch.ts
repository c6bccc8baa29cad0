/** Installs torch into an environment, or replaces one that does not work there. */
import { type Installer, torchCommand } from './install-commands.js';
import { explainPip, InstallError, isFull } from './install-error.js';
import { probeInterpreter } from './probe.js';
import type { EnvironmentReport } from './report.js';
import { readRequirements } from './requirements.js';
import { type RunOptions, run } from './run-program.js';
import { torchSources } from './torch-build.js';
import { torchFault } from './torch-fault.js';

export interface TorchOptions extends RunOptions {
  report: Pick<EnvironmentReport, 'gpus'>;
  /** `src/torch`, whose requirements.txt says which torch is supported. */
  packageFolder: string;
  environment: string;
  cpu?: boolean;
}

/**
 * Takes the build that this machine can use; where that is the ordinary one, it comes with the other packages.
 * @throws {InstallError}
 */
export async function installTorch(installer: Installer, options: TorchOptions): Promise<void> {
  const { packageFolder, environment, cpu = false, report, onLine } = options;
  const { specifier } = readRequirements(packageFolder).find(({ name }) => name === 'torch')!;
  const { python, uv } = installer;
  const found = await probeInterpreter({ path: python, source: '' }, packageFolder, ['torch']);
  const fault = torchFault(found, { specifier, cpu, gpus: report.gpus });
  if (fault === null) return;
  const sources = torchSources({ specifier, cpu, gpus: report.gpus, uv: uv !== null });
  const ordinary = { requirement: `torch${specifier}`, build: null };
  const tried = sources.length === 0 && fault !== 'missing' ? [ordinary] : sources;
  let last: string[] = [];
  for (const source of tried) {
    const { code, lines } = await run(torchCommand(installer, source, fault), options);
    if (code === 0) return;
    if (isFull(lines)) throw explainPip(lines);
    onLine(`${source.requirement} is not available from this source.`);
    last = lines;
  }
  if (fault === 'missing') return;
  // A torch that is there counts as installed for what follows: that would be no repair.
  const { message, hint } = explainPip(last);
  throw new InstallError(message, `${hint} Or delete ${environment}, so that it is created again.`);
}
