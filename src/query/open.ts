/** Runs as questions read them. */
import { factsOf, type GroupFacts } from '../findings/index.js';
import { runFiles } from '../runs/protocol/index.js';
import { findRun, RunReader, scanGroups } from '../runs/read/index.js';
import type { QueryContext } from './query.js';

/** @throws {KnownError} when there is no such run, naming those that are near */
export async function openRun({ root }: QueryContext, query: string): Promise<RunReader> {
  return RunReader.open(await findRun(root, query));
}

/** The same with its series, their damaged lines counted in its summary. @throws {KnownError} */
export async function openSeries(context: QueryContext, query: string): Promise<RunReader> {
  const run = await openRun(context, query);
  await run.series();
  await run.look();
  return run;
}

/** Lines that do not parse, as an answer names them; nothing where there are none. */
export function damagedLines(...counts: readonly Readonly<Record<string, number>>[]): {
  damaged?: Record<string, number>;
} {
  const damaged = Object.fromEntries(
    counts.flatMap((count) => Object.entries(count).filter(([, lines]) => lines > 0)),
  );
  return Object.keys(damaged).length > 0 ? { damaged } : {};
}

/** The groups of a run, each once. */
export interface RunGroups {
  facts: GroupFacts[];
  /** The beginnings of prompts, by their ids. */
  prompts: Map<string, string>;
  damaged: Record<string, number>;
  /** What was not read of a very large file; null when all of it was. */
  unread: string | null;
}

const promptLength = 200;
/** More would not fit in the memory of a small machine. */
const mostGroups = 2_000_000;

/** @param step only its groups, if it is given @throws {RunFileError} */
export async function readGroups(
  { patience }: Pick<QueryContext, 'patience'>,
  run: Pick<RunReader, 'directory' | 'summary'>,
  step?: number,
): Promise<RunGroups> {
  const { maxNewTokens } = run.summary.manifest.experiment.rollout;
  const longest = typeof maxNewTokens === 'number' ? maxNewTokens : null;
  const facts = new Map<string, GroupFacts>();
  const prompts = new Map<string, string>();
  const { damaged, more } = await scanGroups(
    run.directory,
    {
      reset: () => {
        facts.clear();
        prompts.clear();
      },
      wants: (at) => facts.size < mostGroups && (step === undefined || at === step),
      group: (record, line) => {
        facts.set(`${record.step}/${record.group}`, factsOf(record, line, longest));
        if (!prompts.has(record.prompt_id))
          prompts.set(record.prompt_id, String(record.prompt).slice(0, promptLength));
      },
    },
    patience,
  );
  const last = [...facts.values()].at(-1)?.step ?? 0;
  return {
    facts: [...facts.values()],
    prompts,
    damaged: { [runFiles.groups]: damaged },
    unread:
      more || facts.size >= mostGroups
        ? `${runFiles.groups} is very large: groups after step ${last} were not read.`
        : null,
  };
}
