/**
 * The rows of the table, and which of them changed since they were last sent. Pure.
 */
import type { TableRow } from '../../contract/index.js';
import { type RunView, rowOf } from '../../runs/facts/index.js';
import { settingDifferences } from '../../studies/plan/index.js';

/** A run as the table is given it. */
interface TableRun extends RunView {
  directory: string;
}

/** JSON texts by path. */
type Settings = Readonly<Record<string, string>>;

const noSettings: Settings = {};

/** Of a manifest that is the same object the same text: with thousands of runs it is asked for again and again. */
const experimentTexts = new WeakMap<object, string>();

/** The experiment without what is no setting. */
function experimentText({ summary: { manifest } }: TableRun): string {
  const known = experimentTexts.get(manifest);
  if (known !== undefined) return known;
  const text = JSON.stringify({ ...manifest.experiment, seed: undefined, name: undefined });
  experimentTexts.set(manifest, text);
  return text;
}

/** By folder, the settings in which not all of the runs are the same; the seed is no setting. */
function differingSettings(runs: readonly TableRun[]): Map<string, Settings> {
  // Runs of one experiment are many, experiments are few.
  const byExperiment = [...Map.groupBy(runs, experimentText)];
  const differences = settingDifferences(byExperiment.map(([text]): object => JSON.parse(text)));
  const found = new Map<string, Settings>();
  for (const [index, [, group]] of byExperiment.entries()) {
    const settings: Record<string, string> = {};
    for (const { path, values } of differences) {
      const setting = values[index];
      if (setting !== undefined && setting !== 'absent') settings[path] = JSON.stringify(setting.value);
    }
    for (const { directory } of group) found.set(directory, settings);
  }
  return found;
}

export interface RowChanges {
  changed: TableRow[];
  removed: string[];
}

/** A row that was sent, and what it was made of. */
interface Sent extends Pick<RunView, 'summary' | 'benchmarks'> {
  settings: Settings;
  text: string;
}

/** What a page knows of the rows. */
export class TableRows {
  readonly #sent = new Map<string, Sent>();
  #settings: ReadonlyMap<string, Settings> = new Map();

  /** Every row, as a page that knows nothing is given them. */
  all(runs: readonly TableRun[]): TableRow[] {
    this.#sent.clear();
    this.#settings = differingSettings(runs);
    return runs.flatMap((run) => this.#changed(run) ?? []);
  }

  /**
   * Rows that are not as they were sent.
   * @param runs every run; of those only `touched` are looked at, all of them when their settings may have changed
   */
  changes(runs: readonly TableRun[], touched: ReadonlySet<string>, settingsToo: boolean): RowChanges {
    if (settingsToo) this.#settings = differingSettings(runs);
    const changed: TableRow[] = [];
    const present = new Set<string>();
    for (const run of runs) {
      present.add(run.directory);
      if (!settingsToo && !touched.has(run.directory)) continue;
      const row = this.#changed(run);
      if (row) changed.push(row);
    }
    const removed = [...this.#sent.keys()].filter((directory) => !present.has(directory));
    for (const directory of removed) this.#sent.delete(directory);
    return { changed, removed };
  }

  /** The row of a run; null when it is as it was sent. */
  #changed(run: TableRun): TableRow | null {
    const { directory, summary, benchmarks } = run;
    const settings = this.#settings.get(directory) ?? noSettings;
    const sent = this.#sent.get(directory);
    const isSame = sent && sent.summary === summary && sent.benchmarks === benchmarks;
    if (isSame && JSON.stringify(sent.settings) === JSON.stringify(settings)) return null;
    const row = { ...rowOf(run), directory, settings };
    const text = JSON.stringify(row);
    this.#sent.set(directory, { summary, benchmarks, settings, text });
    return sent?.text === text ? null : row;
  }
}
