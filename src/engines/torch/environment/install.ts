/** Creates or repairs the virtual environment of the torch engine: with uv where it is installed, else venv and pip. */
import { join } from 'node:path';
import { requirementsCommand } from './install-commands.js';
import { explainPip } from './install-error.js';
import { installTorch } from './install-torch.js';
import { makeEnvironment } from './make-environment.js';
import type { EnvironmentReport } from './report.js';
import { run } from './run-program.js';

export interface InstallOptions {
  /** What was found on this machine. */
  report: Pick<EnvironmentReport, 'base' | 'uv' | 'gpus'>;
  /** `src/torch`, whose requirements.txt is installed. */
  packageFolder: string;
  /** Folder of the environment; made when it is missing. */
  environment: string;
  /** Take a torch without CUDA, where one is available: its download is smaller. */
  cpu?: boolean;
  signal?: AbortSignal;
  /** Each line that the programs print. */
  onLine(line: string): void;
}

/**
 * Idempotent: what fits already is left alone, and an interrupted installation continues.
 * @returns the interpreter of the environment
 * @throws {InstallError} with the last thing that the installer said
 */
export async function installEnvironment(options: InstallOptions): Promise<string> {
  const { packageFolder, report } = options;
  const python = await makeEnvironment(options);
  const installer = { python, uv: report.uv };
  await installTorch(installer, options);
  const command = requirementsCommand(installer, join(packageFolder, 'requirements.txt'));
  const { code, lines } = await run(command, options);
  if (code !== 0) throw explainPip(lines);
  return python;
}
