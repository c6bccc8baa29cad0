/** `g2rl setup`: what the torch engine has and lacks on this machine; with --install, installs what is missing. */
import { describeGpu } from '../engines/nvidia/index.js';
import {
  type EnvironmentReport,
  installEnvironment,
  interpreterOf,
  ownEnvironment,
} from '../engines/torch/environment/index.js';
import { chosenPython, inspectTorch, torchPackage } from './context.js';
import { table } from './tables.js';

export interface SetupOptions {
  install?: boolean;
  python?: string;
  environment?: string;
  cpu?: boolean;
  json?: boolean;
}

export async function setup(options: SetupOptions): Promise<number> {
  const { install, environment } = options;
  const chosen = chosenPython(options.python);
  let report = await inspectTorch(chosen);
  const wanted = environment === undefined ? null : interpreterOf(environment);
  // Without CUDA is what was asked for.
  const lacking = report.installs && !(options.cpu && report.usable);
  if (install && (lacking || (wanted !== null && report.interpreter?.path !== wanted))) {
    const folder = environment ?? ownEnvironment();
    process.stderr.write(`Installing into ${folder}\n`);
    const python = await installEnvironment({
      report,
      packageFolder: torchPackage,
      environment: folder,
      cpu: options.cpu ?? false,
      onLine: (line) => process.stderr.write(`${line}\n`),
    });
    if (chosen && chosen.path !== python) {
      process.stderr.write(`${chosen.source} still points to ${chosen.path}: set it to ${python} instead.\n`);
    }
    report = await inspectTorch({ path: python, source: 'just installed' });
  }
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describe(report));
  return report.usable ? 0 : 1;
}

function describe(report: EnvironmentReport): string {
  const { interpreter, packages, optional, gpus, problems } = report;
  const head = interpreter?.python
    ? `Python ${interpreter.python.version}: ${interpreter.path} (${interpreter.source})`
    : 'Python: none that starts';
  const rows = packages.map(({ name, specifier, installed, fits }) => [
    name,
    specifier,
    installed ?? 'missing',
    fits ? '' : '← to be installed',
  ]);
  const extras = optional.map(({ name, installed, purpose, command }) => {
    const remedy = command === null ? '' : `: ${command}`;
    return `optional: ${name} ${installed ?? `is not installed; needed for ${purpose}${remedy}`}`;
  });
  const cards = gpus.gpus.map((gpu) => `GPU ${gpu.index}: ${describeGpu(gpu)}`);
  const said = problems.map(({ severity, message, hint }) => `${severity}: ${message}\n  ${hint}`);
  const verdict = report.cuda
    ? 'The torch engine is ready, on the GPU.'
    : report.usable
      ? `The torch engine is ready, on the processor.${report.installs ? ' On the GPU: g2rl setup --install' : ''}`
      : 'The torch engine is not ready: g2rl setup --install';
  const driver = gpus.driver === null ? [] : [`Driver ${gpus.driver}`];
  const trouble = gpus.gpus.length > 0 && gpus.problem !== null ? [gpus.problem] : [];
  const visible = gpus.visible === null ? [] : [`CUDA_VISIBLE_DEVICES is "${gpus.visible}"`];
  const parts = [
    head,
    table([['package', 'needed', 'found', ''], ...rows]),
    ...extras,
    ...cards,
    ...visible,
    ...driver,
    ...trouble,
    ...said,
    verdict,
  ];
  return `${parts.join('\n')}\n`;
}
