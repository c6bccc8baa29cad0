/** One life of a run: started, killed and resumed as planned, then resumed to its end and compared. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockOwner } from '../../src/runs/protocol/lock.js';
import type { RunStatus } from '../../src/runs/protocol/schema.js';
import { listCheckpoints } from '../../src/runs/read/checkpoint-folder.js';
import { Command } from './command.js';
import { compareRuns } from './compare.js';
import { keptCheckpoints, writeExperiment } from './experiment.js';
import { KilledRun, Violation } from './killed-run.js';
import { waitFor } from './moment.js';
import type { Round } from './plan.js';
import { becomes, hit, isAlive, processesIn, trainersIn } from './processes.js';
import { type Struck, strike } from './strike.js';

/** A trainer that still has much to do and is asked to stop goes on for no longer, on a busy machine. */
const heededMilliseconds = 2500;
/** A trainer that finds another one at work is gone by then: it has to load before it looks. */
const refusedMilliseconds = 4000;
const commandMilliseconds = 30_000;
const runMilliseconds = 60_000;

/** The straight run. */
export interface Reference {
  directory: string;
  milliseconds: number;
}

export class Life {
  hits = 0;
  /** What happened, with milliseconds since the start. */
  readonly events: string[] = [];
  readonly run: KilledRun;
  readonly #start = performance.now();
  readonly #experiment: string;

  constructor(
    readonly folder: string,
    policy: string,
    private readonly reference: Reference | null,
  ) {
    this.run = new KilledRun(folder);
    this.#experiment = writeExperiment(folder, policy);
  }

  /** Lives through the plan, then to the end. @throws {Violation} */
  async live(rounds: readonly Round[]): Promise<void> {
    for (const round of rounds) {
      await this.#round(round);
      if (this.run.status?.state === 'finished') break;
    }
    await this.finish();
    const differing = compareRuns(this.run.directory!, this.reference!.directory, this.hits);
    if (differing.length > 0) throw new Violation(differing.join('; '));
  }

  /** Goes on to the end of the run without a blow. @throws {Violation} */
  async finish(): Promise<void> {
    const { run } = this;
    if (run.status?.state !== 'finished') {
      const command = this.#command(false);
      await becomes(() => command.end !== null, runMilliseconds);
      if (command.end !== 0) {
        throw new Violation(`the last resume ended with ${command.end}: ${command.stderr.trim()}`);
      }
    }
    await becomes(() => processesIn(this.folder).length === 0, commandMilliseconds);
    const state = await run.checkAtRest();
    if (state !== 'finished') throw new Violation(`${state} at the end`);
    const kept = await listCheckpoints(run.directory!);
    if (kept.length > keptCheckpoints) throw new Violation(`${kept.length} checkpoints are kept at the end`);
    const left = readdirSync(join(run.directory!, 'checkpoints')).filter((name) => name.startsWith('.'));
    if (left.length > 0) throw new Violation(`half checkpoints are left: ${left.join(' ')}`);
    this.#note('finished');
  }

  /** Ends what is left of this life. */
  end(): void {
    for (const found of processesIn(this.folder)) hit(found, 'SIGKILL');
  }

  #note(text: string): void {
    this.events.push(`${(performance.now() - this.#start).toFixed(0)} ms: ${text}`);
  }

  /** Starts the run, or goes on with it. */
  #command(detach: boolean): Command {
    const { directory, runsDirectory } = this.run;
    const what = directory === null ? ['train', this.#experiment] : ['resume', directory];
    const parameters = [...what, '--runs', runsDirectory, ...(detach ? ['--detach'] : [])];
    const command = new Command(parameters, this.folder);
    this.#note(`g2rl ${what[0]}${detach ? ' --detach' : ''} (${command.pid})`);
    return command;
  }

  async #round({ start, moment, blow, survivor }: Round): Promise<void> {
    const { run } = this;
    const before = run.status;
    const newest = await run.newestCheckpoint();
    const logged = run.log.length;
    const isFirst = run.directory === null;
    const commands = [this.#command(start === 'detached')];
    if (start === 'two' && !isFirst) commands.push(this.#command(true));
    let struck: Struck | null = null;
    let struckAt = performance.now();
    if (await waitFor(moment, run, commands[0]!, this.reference!.milliseconds)) {
      this.#refuteTwoStarts(commands, run.log.slice(logged));
      struckAt = performance.now();
      this.#note(`${JSON.stringify(moment)} ${JSON.stringify(blow)}`);
      struck = await strike(blow, run, commands);
      this.hits += struck.hits;
      this.#note(struck.hits === 0 ? 'nothing hit' : 'hit');
    }
    await this.#refuteTwoTrainers(commands);
    let hard = struck?.hard ?? false;
    if (struck && struck.commands.length > 0 && (await this.#survive(survivor))) hard = true;
    await this.#commandsEnd(commands, struck, start === 'two');
    await becomes(() => processesIn(this.folder).length === 0, runMilliseconds);
    const heeded = performance.now() - struckAt;
    await run.checkAtRest();
    if (run.directory !== null) this.#judge(before, struck, hard, heeded);
    const saved = await run.newestCheckpoint();
    if (saved < newest) throw new Violation(`checkpoint ${newest} was there, now ${saved} is the newest`);
  }

  /** Of two resumes at once one is refused, unless the first was over when the second one came. */
  #refuteTwoStarts(commands: readonly Command[], logged: string): void {
    const started = commands.filter(({ started }) => started);
    if (started.length > 1 && !/ (finished|stopped)$/m.test(logged)) {
      throw new Violation('two resumes at once have both started a trainer');
    }
  }

  /** A second trainer goes as soon as it has found the first one. */
  async #refuteTwoTrainers(commands: readonly Command[]): Promise<void> {
    // A process between fork and exec is not a trainer yet.
    const known = new Set(commands.map(({ pid }) => pid));
    const unknown = () =>
      processesIn(this.folder).some(({ pid, role }) => role === 'command' && !known.has(pid));
    await becomes(() => !unknown(), commandMilliseconds);
    const trainers = trainersIn(this.folder);
    if (trainers.length < 2) return;
    this.#note(`trainers ${trainers.map(({ pid }) => pid).join(' and ')}`);
    const one = await becomes(() => trainers.filter(isAlive).length < 2, refusedMilliseconds, 20);
    if (!one) throw new Violation('two trainers work on one run');
  }

  /** A trainer that has outlived its command. Whether it was killed after some milliseconds. */
  async #survive(milliseconds: number | null): Promise<boolean> {
    const [trainer] = trainersIn(this.folder);
    if (!trainer) return false;
    this.#note(`trainer ${trainer.pid} lives on`);
    const { directory, runsDirectory } = this.run;
    // One that still loads has not taken the lock from its command: then whoever takes it first works on the run.
    const works = lockOwner(directory!)?.pid === trainer.pid;
    const again = new Command(['resume', directory!, '--runs', runsDirectory, '--detach'], this.folder);
    await again.ended;
    const refused = again.end === 1 && again.refusedFor === trainer.pid;
    const one = () => becomes(() => trainersIn(this.folder).length < 2, refusedMilliseconds, 20);
    if (isAlive(trainer) && !refused && (works || !(await one()))) {
      throw new Violation(
        `trainer ${trainer.pid} is at work, yet a resume ended with ${again.end}: ${again.stdout}${again.stderr}`,
      );
    }
    if (milliseconds === null) return false;
    await sleep(milliseconds);
    const killed = trainersIn(this.folder).filter((found) => hit(found, 'SIGKILL')).length > 0;
    if (killed) {
      this.hits++;
      this.#note(`trainer ${trainer.pid} killed`);
    }
    return killed;
  }

  async #commandsEnd(commands: readonly Command[], struck: Struck | null, two: boolean): Promise<void> {
    const ended = await becomes(() => commands.every(({ end }) => end !== null), runMilliseconds);
    if (!ended) throw new Violation('a command does not end');
    for (const command of commands) {
      if (struck?.commands.includes(command) || command.end === 0) continue;
      const words = command.stderr.trim();
      const right =
        command.end === 1 &&
        ((two && command.refusedFor !== null) || words.startsWith('The trainer ended without a word'));
      if (!right) throw new Violation(`g2rl ${command.parameters[0]} ended with ${command.end}: ${words}`);
    }
  }

  /** Whether the run has ended as the blow wanted it. */
  #judge(before: RunStatus | null, struck: Struck | null, hard: boolean, heeded: number): void {
    const { status } = this.run;
    const isSame = status?.pid === before?.pid && status?.processStart === before?.processStart;
    // No trainer of this round has come so far as to write.
    if (status === null || isSame) return;
    this.#note(`${status.state} at step ${status.step}`);
    const asked = struck?.asked ?? false;
    if (status.state === 'finished' && asked && heeded > heededMilliseconds) {
      throw new Violation(
        `the run went on to its end for ${heeded.toFixed(0)} ms after it was asked to stop`,
      );
    }
    if (status.state !== 'finished' && status.state !== 'stopped' && !hard) {
      throw new Violation(`${status.state} is left, although no trainer was killed`);
    }
    if (
      status.state === 'stopped' &&
      asked &&
      !struck?.now &&
      status.checkpointStep !== (status.step || null)
    ) {
      throw new Violation(`stopped at step ${status.step} with checkpoint ${status.checkpointStep}`);
    }
  }
}
