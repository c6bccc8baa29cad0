/** What happens to a run in one life. Drawn from the seed and the life's number alone. Pure. */
import { CounterRandom, streamOf } from '../../src/random.js';

/** When a blow falls, counted from the start of the command. */
export type Moment =
  /** In the first 300 ms, in which commands and trainers load. */
  | { at: 'boot'; milliseconds: number }
  /** A share of what the straight run takes; each round goes on from where the last one came to. */
  | { at: 'anywhere'; share: number }
  /** The command has started a process, which may not be the trainer's program yet. */
  | { at: 'birth'; milliseconds: number }
  /** The lock was written. */
  | { at: 'lock'; milliseconds: number }
  /** The n-th checkpoint since the start has begun to be written; writing one takes some 60 ms. */
  | { at: 'checkpoint'; nth: number; milliseconds: number }
  /** The n-th time since the start that responses of an evaluation were written. */
  | { at: 'evaluation'; nth: number; milliseconds: number };

export type Blow =
  | {
      kind: 'signal';
      to: 'trainer' | 'trainer group' | 'command' | 'command group' | 'all';
      signal: NodeJS.Signals;
    }
  /** The command line asks. */
  | { kind: 'stop'; now: boolean }
  /** Somebody writes `control/stop`. */
  | { kind: 'request'; content: string };

export interface Round {
  /** How the run is started or resumed; `two` are two resumes at once, the first of them attached. */
  start: 'attached' | 'detached' | 'two';
  moment: Moment;
  blow: Blow;
  /** What becomes of a trainer that outlives its command: killed that long after, in ms, or left alone. */
  survivor: number | null;
}

function drawMoment(random: CounterRandom): Moment {
  const upTo = (bound: number) => Math.floor(random.next() * bound * 10) / 10;
  const moments: readonly (() => Moment)[] = [
    () => ({ at: 'boot', milliseconds: upTo(300) }),
    () => ({ at: 'anywhere', share: upTo(600) / 1000 }),
    () => ({ at: 'anywhere', share: upTo(600) / 1000 }),
    () => ({ at: 'birth', milliseconds: upTo(random.pick([2, 20, 200])) }),
    () => ({ at: 'lock', milliseconds: upTo(random.pick([2, 20, 200])) }),
    () => ({ at: 'checkpoint', nth: 1 + random.below(5), milliseconds: upTo(80) }),
    () => ({ at: 'checkpoint', nth: 1 + random.below(5), milliseconds: upTo(80) }),
    () => ({ at: 'evaluation', nth: 1 + random.below(4), milliseconds: upTo(20) }),
  ];
  return random.pick(moments)();
}

function drawBlow(random: CounterRandom): Blow {
  const gentle = () => random.pick(['SIGTERM', 'SIGINT'] as const);
  const blows: readonly (() => Blow)[] = [
    () => ({ kind: 'signal', to: 'trainer', signal: 'SIGKILL' }),
    () => ({ kind: 'signal', to: 'trainer', signal: 'SIGKILL' }),
    () => ({ kind: 'signal', to: 'trainer', signal: gentle() }),
    () => ({ kind: 'signal', to: 'trainer group', signal: random.pick(['SIGKILL', gentle()] as const) }),
    () => ({ kind: 'signal', to: 'command', signal: 'SIGKILL' }),
    () => ({ kind: 'signal', to: 'command', signal: 'SIGKILL' }),
    () => ({ kind: 'signal', to: 'command', signal: gentle() }),
    () => ({ kind: 'signal', to: 'command group', signal: 'SIGKILL' }),
    () => ({ kind: 'signal', to: 'all', signal: 'SIGKILL' }),
    () => ({ kind: 'signal', to: 'all', signal: 'SIGKILL' }),
    () => ({ kind: 'stop', now: random.next() < 0.3 }),
    () => ({
      kind: 'request',
      content: random.pick(['{"mode":"checkpoint"}', '{"mode":"now"}', '']),
    }),
  ];
  return random.pick(blows)();
}

const mostRounds = 6;

export function planLife(seed: number, life: number): Round[] {
  const random = new CounterRandom(seed, streamOf('torture', life));
  return Array.from({ length: 1 + random.below(mostRounds) }, () => ({
    start: random.pick(['attached', 'detached', 'two'] as const),
    moment: drawMoment(random),
    blow: drawBlow(random),
    survivor: random.next() < 0.5 ? Math.floor(random.next() * 500) : null,
  }));
}
