/** Stand-ins for the face and the machine of an action, and what actions work on. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../../src/actions/host.js';
import type { NewRun } from '../../../src/actions/start.js';
import type { Task, Ui, Work } from '../../../src/actions/ui.js';
import type { EnvironmentReport } from '../../../src/engines/torch/environment/report.js';
import { type Experiment, experimentSchema } from '../../../src/experiment/schema.js';
import { createRun } from '../../../src/runs/control/launch.js';

/** Writes down what it is asked and shown, and answers as it is told to. */
export class RecordingUi implements Ui {
  readonly events: string[] = [];

  constructor(
    private readonly answers: Record<string, boolean> = {},
    /** The text at which the person cancels: a task's title or a message of its progress. */
    private readonly cancelAt?: string,
  ) {}

  log(line: string): void {
    this.events.push(`log ${line}`);
  }

  info(text: string): void {
    this.events.push(`info ${text}`);
  }

  async confirm(question: string, detail: string, label: string): Promise<boolean> {
    this.events.push(`confirm ${[question, detail, label].filter(Boolean).join(' | ')}`);
    return this.answers[label] ?? true;
  }

  async progress<T>({ title }: Task, work: Work<T>): Promise<T> {
    const cancel = new AbortController();
    const show = (text: string) => {
      this.events.push(`progress ${text}`);
      if (text === this.cancelAt) cancel.abort();
    };
    show(title);
    return work(
      ({ message, share }) => show(share === undefined ? message : `${message} ${share}`),
      cancel.signal,
    );
  }
}

const h100 = { name: 'H100', bytes: 2 ** 40 };

/** A machine that has everything, or without GPUs, nothing. */
export function machine(gpus: number): EnvironmentReport {
  return {
    usable: gpus > 0,
    cuda: gpus > 0,
    interpreter: {
      path: '/opt/python',
      python: { version: '3.12.4' },
      torch: { gpus: Array.from({ length: gpus }, () => h100) },
    },
    problems: gpus > 0 ? [] : [{ message: 'This Python lacks trl.', hint: '' }],
    packages: [{ name: 'trl', installed: '1.16.2' }],
    optional: [],
    gpus: { gpus: [], driver: null, problem: null, visible: null },
  } as unknown as EnvironmentReport;
}

/** A machine with a Python for the torch engine, and no GPU. */
export const processorOnly = (): EnvironmentReport => ({
  ...machine(0),
  usable: true,
  problems: [
    { severity: 'warning', message: 'There is no GPU.', hint: 'Training is slow.', installs: false },
    { severity: 'warning', message: 'Memory is scarce.', hint: 'Close something.', installs: false },
  ],
});

/** A host in a folder whose trainer is the given script. */
export function hostIn(folder: string, report: EnvironmentReport, trainer = ''): Host {
  const trainerPath = join(folder, 'trainer.cjs');
  writeFileSync(trainerPath, trainer);
  return {
    trainerPath,
    mediaDirectory: join(folder, 'media'),
    torchPackage: 'src/torch',
    version: '1.2.3',
    inspectTorch: async () => report,
  };
}

export const experimentOf = (settings: object = {}): Experiment =>
  experimentSchema.parse({ policy: 'someone/model', ...settings });

/** A run to be made in a folder, of an experiment whose file is not needed. */
export function newRunIn(folder: string, settings: object = {}, onRead?: (engine: object) => void): NewRun {
  const experiment = experimentOf(settings);
  return {
    experimentFile: join(folder, 'some.g2rl.json'),
    runsDirectory: join(folder, 'runs'),
    read: async (engine) => {
      onRead?.(engine);
      const chosen = engine.engine ?? (experiment.engine === 'auto' ? engine.auto : undefined);
      return { ...experiment, engine: chosen ?? experiment.engine };
    },
  };
}

/** The folder of an existing run. */
export async function existingRun(
  newRun: NewRun,
  settings: object = {},
  more: { waits?: boolean } = {},
): Promise<string> {
  const { directory } = await createRun({
    experiment: experimentOf(settings),
    experimentFile: newRun.experimentFile,
    runsDirectory: newRun.runsDirectory,
    mediaDirectory: 'media',
    version: '1.2.3',
    ...more,
  });
  return directory;
}

/** A checkpoint's folder, empty. */
export function checkpointOf(runDirectory: string, step: number): string {
  const folder = join(runDirectory, 'checkpoints', `step-${String(step).padStart(6, '0')}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}
