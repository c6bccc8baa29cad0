/**
 * Kills studies at random moments: the runner, the trainer of its run, both, or the command that starts them, and
 * compares each study with one that was left alone. What must hold:
 *
 * 1. The report of a study that was resumed to its end is the undisturbed one's, bit for bit.
 * 2. There is one run for each variant and seed: none is begun twice, none is lost.
 * 3. A run that has finished stays as it is.
 * 4. At most one runner works on a study, and at most as many trainers as it allows.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CounterRandom, streamOf } from '../../src/random.js';
import { Command } from './command.js';
import { writePolicy } from './experiment.js';
import type { TortureOptions, TortureResult } from './index.js';
import { Violation } from './killed-run.js';
import { becomes, hit, processesIn, trainersIn } from './processes.js';

const experiment = {
  name: 'base',
  policy: '../policy',
  threads: 1,
  // A random policy is never right: only the shaping of all-wrong groups gives it a gradient.
  method: { uniformGroups: 'all' },
  rollout: { promptsPerStep: 4, groupSize: 4, maxNewTokens: 8 },
  optimization: { steps: 10, learningRate: 1e-3, minibatches: 2, warmupSteps: 0 },
  evaluation: { every: 5, benchmarks: [{ samples: 4, limit: 40 }] },
  checkpoints: { every: 2 },
};
const study = {
  schema: 1,
  name: 'torture',
  experiment: 'base.g2rl.json',
  variants: { grpo: { 'method.name': 'grpo' }, g2rl: { 'method.name': 'g2rl' } },
  seeds: 2,
};
const studyFile = 'torture.g2rl-study.json';

const longestPause = 4000;
const mostRounds = 6;
const endMilliseconds = 180_000;

interface Status {
  state: string;
  list: { arm: string; seed: number; run: string | null; state: string | null }[];
}

class StudyLife {
  hits = 0;
  readonly events: string[] = [];
  readonly #finished = new Map<string, string>();
  readonly #random: CounterRandom;

  constructor(
    readonly folder: string,
    seed: number,
    number: number,
  ) {
    this.#random = new CounterRandom(seed, streamOf('torture of studies', number));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'base.g2rl.json'), JSON.stringify(experiment));
    writeFileSync(join(folder, studyFile), JSON.stringify(study));
  }

  async live(): Promise<void> {
    const rounds = 1 + this.#random.below(mostRounds);
    for (let round = 0; round < rounds; round++) {
      const commands = this.#start(round);
      await sleep(this.#random.below(longestPause));
      this.#strike(commands);
      await Promise.all(commands.map(({ ended }) => ended));
      await this.#check();
    }
  }

  /** The first command begins the study; of two at once one is refused. */
  #start(round: number): Command[] {
    const isTwice = this.#random.below(4) === 0;
    const detach = this.#random.below(2) === 0 ? ['--detach'] : [];
    const parameters = ['study', round === 0 ? 'run' : 'resume', studyFile, ...detach];
    const one = () => new Command(parameters, this.folder);
    // A study that was not begun yet cannot be begun by two at once: each would begin its own.
    return round > 0 && isTwice ? [one(), one()] : [one()];
  }

  #strike(commands: readonly Command[]): void {
    const found = processesIn(this.folder);
    const runners = found.filter(({ role }) => role === 'runner');
    const trainers = found.filter(({ role }) => role === 'trainer');
    if (runners.length > 1) throw new Violation(`${runners.length} runners at once`);
    if (trainers.length > 1) throw new Violation(`${trainers.length} trainers at once`);
    const targets = [runners, trainers, [...runners, ...trainers]][this.#random.below(3)]!;
    const struck = targets.filter((target) => hit(target, 'SIGKILL'));
    // A command that follows goes on for as long as there is a runner.
    if (runners.length > 0 && !struck.some(({ role }) => role === 'runner')) {
      for (const runner of runners) if (hit(runner, 'SIGKILL')) struck.push(runner);
    }
    for (const command of commands)
      if (command.end === null && this.#random.below(2) === 0) hit(command, 'SIGKILL');
    this.hits += struck.length;
    this.events.push(`killed ${struck.map(({ role }) => role).join(' and ') || 'nobody'}`);
  }

  async #status(): Promise<Status | null> {
    const command = new Command(['study', 'status', studyFile, '--json'], this.folder);
    await command.ended;
    return command.end === 0 ? (JSON.parse(command.stdout) as Status) : null;
  }

  async #check(): Promise<Status | null> {
    const status = await this.#status();
    for (const { arm, seed, run, state } of status?.list ?? []) {
      const key = `${arm} ${seed}`;
      const known = this.#finished.get(key);
      if (known !== undefined && (known !== run || state !== 'finished'))
        throw new Violation(`${key} had finished as ${known}, and is ${run}, ${state}`);
      if (state === 'finished' && run !== null) this.#finished.set(key, run);
    }
    return status;
  }

  /** Goes on to the end. @returns the variants of the report, as text */
  async finish(): Promise<string> {
    const started = await this.#status();
    const command = new Command(['study', started ? 'resume' : 'run', studyFile], this.folder);
    if (!(await becomes(() => command.end !== null, endMilliseconds, 50)))
      throw new Violation('it does not end');
    if (command.end !== 0)
      throw new Violation(`the last resume ended with ${command.end}: ${command.stderr}`);
    const status = await this.#check();
    if (status?.state !== 'finished') throw new Violation(`${status?.state} at the end`);
    // A folder that a killed runner was still writing has a dot before its name: it is no run, and cleared away later.
    const runs = readdirSync(join(this.folder, '.g2rl/runs')).filter((name) => !name.startsWith('.'));
    if (runs.length !== status.list.length)
      throw new Violation(`${runs.length} runs at the end: ${runs.join(' ')}`);
    if (trainersIn(this.folder).length > 0) throw new Violation('a trainer is left');
    const report = new Command(['study', 'report', studyFile, '--json'], this.folder);
    await report.ended;
    const { variants, comparisons, sentence } = JSON.parse(report.stdout);
    return JSON.stringify({ variants, comparisons, sentence });
  }

  end(): void {
    for (const found of processesIn(this.folder)) hit(found, 'SIGKILL');
  }
}

/** Lives until so many kills have hit. */
export async function tortureStudies(options: TortureOptions): Promise<TortureResult> {
  const { kills, seed, parallel, firstLife = 0, say } = options;
  const start = performance.now();
  const root = mkdtempSync(join(tmpdir(), 'g2rl-torture-'));
  process.once('exit', () => {
    for (const found of processesIn(root)) hit(found, 'SIGKILL');
  });
  writePolicy(root);
  const straight = new StudyLife(join(root, 'straight'), seed, -1);
  const reference = await straight.finish();
  const result: TortureResult = { kills: 0, lives: 0, seconds: 0, mismatches: [] };
  const liveOn = async () => {
    while (result.kills < kills) {
      const number = firstLife + result.lives++;
      const life = new StudyLife(join(root, `life-${number}`), seed, number);
      try {
        await life.live();
        const report = await life.finish();
        if (report !== reference) throw new Violation(`another report: ${report}`);
        rmSync(life.folder, { recursive: true, force: true });
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        const text = [`study ${number} of seed ${seed}: ${error.message}`, ...life.events, life.folder].join(
          '\n  ',
        );
        result.mismatches.push(text);
        say(text);
      } finally {
        life.end();
      }
      result.kills += life.hits;
      say(`${result.kills}/${kills} kills, ${result.lives} studies, ${result.mismatches.length} mismatches`);
    }
  };
  await Promise.all(Array.from({ length: parallel }, liveOn));
  result.seconds = (performance.now() - start) / 1000;
  if (result.mismatches.length === 0) rmSync(root, { recursive: true, force: true });
  return result;
}
