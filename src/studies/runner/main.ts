/** The process of a study: `study <JSON>`, started detached so that it outlives the window or terminal it came from. */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { engineChecks } from '../../engines/checks/index.js';
import { gpuUse, inspectEnvironment } from '../../engines/torch/environment/index.js';
import { planTorch } from '../../engines/torch/plan/index.js';
import { errorText, reportOf } from '../../errors.js';
import { claimLock, displacedBy } from '../../runs/protocol/index.js';
import { readStopRequest } from '../../runs/write/index.js';
import { readStudy, studyFiles } from '../folder/index.js';
import { runExperiment } from '../plan/index.js';
import { takeGpus } from './gpus.js';
import { type RunnerHost, StudyRunner } from './runner.js';
import { StudyStatusKeeper } from './status-keeper.js';

const requestSchema = z.object({
  directory: z.string(),
  trainerPath: z.string(),
  mediaDirectory: z.string(),
  torchPackage: z.string(),
  version: z.string(),
  python: z.object({ path: z.string(), source: z.string() }).optional(),
});
type StudyRequest = z.infer<typeof requestSchema>;

/** Another runner works on the study. */
const takenExitCode = 3;

const stopPollMilliseconds = 200;
const displacedMilliseconds = 1000;

const log = (line: string) => process.stdout.write(`${new Date().toISOString()} ${line}\n`);

async function hostOf(request: StudyRequest): Promise<RunnerHost> {
  const { trainerPath, mediaDirectory, version, torchPackage, python } = request;
  const host: RunnerHost = {
    trainerPath,
    mediaDirectory,
    version,
    engineChecks,
    torch: null,
    takeGpus: async (count) => takeGpus(await gpuUse(), count),
  };
  const { manifest, runs } = await readStudy(request.directory);
  const first = runs[0];
  // Given where a run has rewards in Python.
  if (manifest.engine !== 'torch' && python) {
    return { ...host, rewardPython: { python: python.path, packageFolder: torchPackage } };
  }
  if (manifest.engine !== 'torch' || !first) return host;
  const source = { ...manifest, auto: manifest.engine, mediaDirectory, engineChecks };
  const experiment = runExperiment(first.arm, first.seed, source);
  const report = await inspectEnvironment(torchPackage, { chosen: python, folders: [process.cwd()] });
  const plan = planTorch(experiment, report);
  return {
    ...host,
    torch: { python: plan.python, packageFolder: torchPackage, device: plan.device, versions: plan.versions },
  };
}

async function main(): Promise<number> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const request = requestSchema.parse(JSON.parse(process.argv[2] ?? 'null'));
  const directory = resolve(request.directory);
  const owner = claimLock(directory);
  if (owner) {
    log(`Process ${owner.pid} works on this study already.`);
    return takenExitCode;
  }
  // One that was paused for so long that it was taken for gone leaves the study to who has it now.
  setInterval(() => {
    const other = displacedBy(directory);
    if (!other) return;
    log(`Process ${other.pid} has taken the study over.`);
    process.exit(takenExitCode);
  }, displacedMilliseconds);
  const keeper = new StudyStatusKeeper(directory, log);
  const stopFile = join(directory, studyFiles.stopRequest);
  try {
    const runner = new StudyRunner(directory, await hostOf(request), keeper, log);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.stop('checkpoint'));
    const poll = setInterval(() => {
      const asked = readStopRequest(directory);
      if (asked) runner.stop(asked.mode);
    }, stopPollMilliseconds);
    try {
      return (await runner.run()) === 'failed' ? 1 : 0;
    } finally {
      clearInterval(poll);
    }
  } catch (error) {
    keeper.end('failed', reportOf(error, `Look at ${join(directory, studyFiles.log)}.`));
    log(errorText(error));
    return 1;
  } finally {
    rmSync(stopFile, { force: true });
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    log(errorText(error));
    process.exit(1);
  },
);
