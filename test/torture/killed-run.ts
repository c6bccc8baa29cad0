/** The run of one life as anybody sees it: its folder, its status, its checkpoints, what the command line says of it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint } from '../../src/engines/embedded/model/checkpoint.js';
import { errorText } from '../../src/errors.js';
import { hasEnded } from '../../src/runs/facts/state.js';
import { livingOwner } from '../../src/runs/protocol/lock.js';
import type { ShownRunState } from '../../src/runs/protocol/run-states.js';
import type { RunStatus } from '../../src/runs/protocol/schema.js';
import { listCheckpoints } from '../../src/runs/read/checkpoint-folder.js';
import { readStatus } from '../integration/trainer.js';
import { Command } from './command.js';
import { processesIn } from './processes.js';

/** One of the invariants does not hold. */
export class Violation extends Error {}

interface ListedRuns {
  runs: { state: ShownRunState; step: number }[];
  unreadable: unknown[];
}

export class KilledRun {
  readonly runsDirectory: string;

  constructor(readonly folder: string) {
    this.runsDirectory = join(folder, 'runs');
  }

  /** The run's folder; null as long as there is none. */
  get directory(): string | null {
    if (!existsSync(this.runsDirectory)) return null;
    const [name] = readdirSync(this.runsDirectory).filter((entry) => !entry.startsWith('.'));
    return name === undefined ? null : join(this.runsDirectory, name);
  }

  get status(): RunStatus | null {
    return this.directory === null ? null : readStatus(this.directory);
  }

  get log(): string {
    const file = this.directory === null ? '' : join(this.directory, 'log.txt');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** Step of the newest checkpoint that readers are shown; 0 without one. */
  async newestCheckpoint(): Promise<number> {
    return this.directory === null ? 0 : ((await listCheckpoints(this.directory)).at(-1)?.step ?? 0);
  }

  /** Runs a command to its end. */
  async command(parameters: readonly string[]): Promise<Command> {
    const command = new Command([...parameters, '--runs', this.runsDirectory], this.folder);
    await command.ended;
    return command;
  }

  /**
   * What must hold whenever nobody works on the run. Returns the state that is shown.
   * @throws {Violation}
   */
  async checkAtRest(): Promise<ShownRunState | null> {
    const left = processesIn(this.folder);
    if (left.length > 0) throw new Violation(`process ${left[0]!.pid} (${left[0]!.role}) lives on`);
    const { directory, status } = this;
    const listed = await this.command(['runs', '--json']);
    if (listed.end !== 0) throw new Violation(`g2rl runs ended with ${listed.end}: ${listed.stderr}`);
    const { runs, unreadable } = JSON.parse(listed.stdout) as ListedRuns;
    if (runs.length !== (directory === null ? 0 : 1)) throw new Violation(`${runs.length} runs are listed`);
    if (unreadable.length > 0) throw new Violation(`unreadable: ${JSON.stringify(unreadable)}`);
    if (directory === null) return null;
    const { state } = runs[0]!;
    // For 10 s a new run without a status is one whose trainer still loads.
    const right = status === null ? ['starting', 'lost'] : [hasEnded(status.state) ? status.state : 'lost'];
    if (!right.includes(state)) throw new Violation(`${state} is shown instead of ${right.join(' or ')}`);
    if (status?.error) throw new Violation(`the run failed: ${status.error.message}`);
    const owner = livingOwner(directory);
    if (owner) throw new Violation(`the lock names process ${owner.pid}, which lives`);
    for (const { path } of await listCheckpoints(directory)) {
      try {
        readCheckpoint(path);
      } catch (error) {
        throw new Violation(`a checkpoint that is not whole is shown: ${errorText(error)}`);
      }
    }
    return state;
  }
}
