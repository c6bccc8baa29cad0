/** The blows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runFiles } from '../../src/runs/protocol/paths.js';
import type { Command } from './command.js';
import { type KilledRun, Violation } from './killed-run.js';
import type { Blow } from './plan.js';
import { becomes, type FoundProcess, hit, isAlive, trainersIn } from './processes.js';

/** What a blow has done. */
export interface Struck {
  /** Living processes that it has hit. */
  hits: number;
  /** The trainers that were alive just before. */
  trainers: FoundProcess[];
  /** One of them got no chance to say its last word. */
  hard: boolean;
  /** One was asked to stop, which it must heed. */
  asked: boolean;
  /** Asked to stop without a checkpoint of what it has just done. */
  now: boolean;
  /** Commands that were hit: how they end says nothing. */
  commands: Command[];
}

const missed: Struck = { hits: 0, trainers: [], hard: false, asked: false, now: false, commands: [] };

/** Seconds until a trainer that was asked to stop has done so, on a busy machine. */
const stopMilliseconds = 20_000;

async function signal(
  { to, signal }: Extract<Blow, { kind: 'signal' }>,
  run: KilledRun,
  commands: readonly Command[],
): Promise<Struck> {
  const trainers = trainersIn(run.folder);
  // Until a trainer has written its status it may not know yet what to do at a signal.
  const loading = trainers.some(({ pid }) => pid !== run.status?.pid);
  const group = to.endsWith('group');
  const living = commands.filter((command) => command.end === null);
  // A blow finds whoever is there: the trainer once the command has ended, the command until there is a trainer.
  const meansTrainer = to.startsWith('trainer') ? trainers.length > 0 : living.length === 0;
  const meantTrainers = to === 'all' || meansTrainer ? trainers : [];
  const meantCommands = to === 'all' ? living : meansTrainer ? [] : living.slice(0, 1);
  const struckTrainers = meantTrainers.filter((trainer) => hit(trainer, signal, group));
  const struckCommands = meantCommands.filter((command) => hit(command, signal, group));
  const isGentle = signal !== 'SIGKILL';
  return {
    hits: Math.min(1, struckTrainers.length + struckCommands.length),
    trainers,
    hard: struckTrainers.length > 0 && (!isGentle || loading),
    asked: struckTrainers.length > 0 && isGentle && !loading,
    now: false,
    commands: struckCommands,
  };
}

/** `g2rl stop`: once it has said that the run stopped, nobody works on it. */
async function stop({ now }: Extract<Blow, { kind: 'stop' }>, run: KilledRun): Promise<Struck> {
  if (run.directory === null) return missed;
  const trainers = trainersIn(run.folder);
  const command = await run.command(['stop', run.directory, ...(now ? ['--now'] : [])]);
  const said = `g2rl stop said "${(command.stdout + command.stderr).trim()}"`;
  if (command.end !== 0) throw new Violation(`${said} and ended with ${command.end}`);
  const alive = trainersIn(run.folder);
  const overlooked = trainers.find(isAlive);
  if (overlooked) throw new Violation(`${said}, but trainer ${overlooked.pid} lives on`);
  const stopped = !command.stdout.startsWith('Nothing to stop');
  if (stopped && alive.length > 0) throw new Violation(`${said}, but trainer ${alive[0]!.pid} lives`);
  return { ...missed, hits: Math.min(1, trainers.length), trainers, asked: trainers.length > 0, now };
}

async function request({ content }: Extract<Blow, { kind: 'request' }>, run: KilledRun): Promise<Struck> {
  const trainers = trainersIn(run.folder);
  if (run.directory === null || trainers.length === 0) return missed;
  writeFileSync(join(run.directory, runFiles.stopRequest), content);
  return { ...missed, hits: 1, trainers, asked: true, now: content.includes('now') };
}

/** Strikes, and waits until the trainers that were hit are gone. @throws {Violation} */
export async function strike(blow: Blow, run: KilledRun, commands: readonly Command[]): Promise<Struck> {
  const struck = await (blow.kind === 'signal'
    ? signal(blow, run, commands)
    : blow.kind === 'stop'
      ? stop(blow, run)
      : request(blow, run));
  if (struck.hard || struck.asked) {
    const gone = await becomes(() => !struck.trainers.some(isAlive), stopMilliseconds);
    if (!gone) throw new Violation(`trainer ${struck.trainers[0]!.pid} does not end`);
  }
  return struck;
}
