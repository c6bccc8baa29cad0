/** `g2rl import`: logs of other programs as runs. */
import { basename } from 'node:path';
import { followLogs, type ImportedLog, importLogs } from '../actions/logs/index.js';
import { errorText, KnownError } from '../errors.js';
import { type FoundRun, findLogs, parseMap, withMap } from '../logs/index.js';
import { runsDirectory } from './context.js';
import { table } from './tables.js';
import { interruptedExitCode, terminal } from './terminal.js';

export interface ImportLogsOptions {
  map?: string[];
  follow?: boolean;
  runs?: string;
  json?: boolean;
}

export async function importLogFiles(paths: readonly string[], options: ImportLogsOptions): Promise<number> {
  const root = runsDirectory(options.runs);
  const map = options.map && parseMap(options.map);
  const title = `Reading ${paths.length === 1 ? paths[0] : `${paths.length} logs`}`;
  const imported: ImportedLog[] = [];
  const found: FoundRun[] = [];
  const errors: KnownError[] = [];
  const interrupted = await terminal.progress({ title, cancellable: true }, async (report, signal) => {
    for (const path of paths) {
      let shown = '';
      const progress = ({ name }: FoundRun, share: number) => {
        const message = `${name}: ${10 * Math.floor(10 * share)} %`;
        if (message !== shown) report({ message, share });
        shown = message;
      };
      try {
        const runs = (await findLogs(path)).map((run) => withMap(run, map));
        found.push(...runs);
        const failed = (_run: FoundRun, error: KnownError) => void errors.push(error);
        imported.push(...(await importLogs(runs, root, { progress, failed, signal })));
      } catch (error) {
        if (signal.aborted) return true;
        if (!(error instanceof KnownError)) throw error;
        errors.push(error);
      }
    }
    return false;
  });
  const [first, ...others] = errors;
  if (options.json) {
    if (imported.length > 0 || !first) process.stdout.write(`${JSON.stringify({ runs: imported })}\n`);
  } else if (imported.length > 0) process.stdout.write(`${importedText(imported)}\nIn ${root}\n`);
  if (interrupted) return interruptedExitCode;
  for (const error of others) process.stderr.write(`${errorText(error)}\n`);
  if (options.follow && found.length > 0) {
    if (first) process.stderr.write(`${errorText(first)}\n`);
    await follow(found, root);
    return 0;
  }
  if (first) throw first;
  return 0;
}

function importedText(imported: readonly ImportedLog[]): string {
  const rows = imported.map(({ directory, format, step, elsewhere }) => [
    basename(directory),
    format,
    elsewhere ? 'followed by another process' : step === null ? '–' : String(step),
  ]);
  const notes = imported
    .filter(({ skipped }) => skipped > 0)
    .map(({ skipped, firstSkipped, directory }) =>
      skipped === 1
        ? `Left out: ${firstSkipped}.`
        : `Left out: ${firstSkipped}; and ${skipped - 1} more, which are in ${directory}/log.txt.`,
    );
  return [table([['run', 'format', 'last step'], ...rows]), ...notes].join('\n');
}

/** Until Ctrl-C. */
async function follow(found: readonly FoundRun[], root: string): Promise<void> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  process.stderr.write('Following; Ctrl-C ends it.\n');
  await followLogs(found, root, {
    grown: ({ name }, step) => process.stderr.write(`${name}: step ${step ?? '–'}\n`),
    failed: (_run, reason) => process.stderr.write(`${reason}\n`),
    signal: stop.signal,
  });
}
