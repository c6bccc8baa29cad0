/** Why an engine that starts has no GPU, and what to do about it. */
import { type GpuReport, gpuRemedy, hidesAll } from '../../nvidia/index.js';
import { torchCommandByHand } from './install-commands.js';
import type { InterpreterReport } from './probe.js';
import type { EnvironmentProblem } from './problem.js';
import { buildFor, driverFor, oldestDriver, runs } from './torch-build.js';

export function gpuProblems(
  interpreter: InterpreterReport,
  report: GpuReport,
  uv: string | null,
): EnvironmentProblem[] {
  const { torch, python, path } = interpreter;
  const { gpus, driver, problem, visible } = report;
  if ('error' in torch || torch.available) return [];
  const warning = (message: string, hint: string, installs = false): EnvironmentProblem[] => [
    { severity: 'warning', message, hint, installs },
  ];
  const [first] = gpus;
  if (!first) {
    const reason = (problem ?? 'none is listed').replace(/\.$/, '');
    return warning(
      `This machine has no NVIDIA GPU that can be used (${reason}).`,
      `Training runs on the processor, which is slow. ${gpuRemedy(problem)}`,
    );
  }
  const hidden = `CUDA_VISIBLE_DEVICES is "${visible}"`;
  const show =
    'Unset that variable or set it to GPUs of this machine, then restart the editor or the terminal.';
  if (hidesAll(report)) {
    return warning(`${hidden}, which hides ${first.name} from torch.`, show);
  }
  const fitting = driver === null ? null : buildFor(driver);
  const update = `Update the driver of the GPU to ${oldestDriver} or newer.`;
  const byHand = fitting === null ? '' : torchCommandByHand({ python: path, uv }, fitting.build);
  const reinstall = fitting && `Reinstall torch in a build for CUDA ${fitting.cuda}. By hand: ${byHand}`;
  if (torch.build === null) {
    return warning(
      `torch ${python?.packages.torch ?? ''} is a build without CUDA, but this machine has ${first.name}.`,
      reinstall ?? update,
      fitting !== null,
    );
  }
  const built = `torch is built for CUDA ${torch.build}`;
  if (!runs(driver, torch.build)) {
    const needed = driverFor(torch.build);
    return warning(
      `${built}, which needs driver ${needed} or newer; ${first.name} has driver ${driver}.`,
      reinstall === null ? update : `Update the driver of the GPU, or: ${reinstall}`,
      fitting !== null,
    );
  }
  const reasons = [torch.reason ?? 'it does not say why', problem].filter((one) => one !== null);
  return warning(
    `${built} and cannot use ${first.name}: ${reasons.map((one) => one.replace(/\.$/, '')).join('; ')}.`,
    visible === null
      ? 'Restart the machine. If that does not help, update the driver of the GPU or install a torch that is built for an older CUDA.'
      : `${hidden}. ${show}`,
  );
}
