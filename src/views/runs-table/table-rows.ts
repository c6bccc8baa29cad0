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

/** By folder, the JSON texts of the settings in which not all of the runs are the same; the seed is no setting. */
function differingSettings(runs: readonly TableRun[]): Map<string, Record<string, string>> {
  // Runs of one experiment are many, experiments are few.
  const byExperiment = new Map<string, { experiment: object; runs: TableRun[] }>();
  for (const run of runs) {
    const experiment = { ...run.summary.manifest.experiment, seed: undefined, name: undefined };
    const text = JSON.stringify(experiment);
    const known = byExperiment.get(text);
    if (known) known.runs.push(run);
    else byExperiment.set(text, { experiment, runs: [run] });
  }
  const groups = [...byExperiment.values()];
  const differences = settingDifferences(groups.map(({ experiment }) => experiment));
  const found = new Map<string, Record<string, string>>();
  for (const [index, group] of groups.entries()) {
    const settings: Record<string, string> = {};
    for (const { path, values } of differences) {
      const setting = values[index];
      if (setting !== undefined && setting !== 'absent') settings[path] = JSON.stringify(setting.value);
    }
    for (const { directory } of group.runs) found.set(directory, settings);
  }
  return found;
}

export interface RowChanges {
  changed: TableRow[];
  removed: string[];
}

/** What a page knows of the rows. */
export class TableRows {
  readonly #sent = new Map<string, string>();
  #settings: Map<string, Record<string, string>> = new Map();

  /** Every row, as a page that knows nothing is given them. */
  all(runs: readonly TableRun[]): TableRow[] {
    this.#sent.clear();
    this.#settings = differingSettings(runs);
    return runs.map((run) => {
      const row = this.#row(run);
      this.#sent.set(run.directory, JSON.stringify(row));
      return row;
    });
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
      const row = this.#row(run);
      const text = JSON.stringify(row);
      if (this.#sent.get(run.directory) === text) continue;
      this.#sent.set(run.directory, text);
      changed.push(row);
    }
    const removed = [...this.#sent.keys()].filter((directory) => !present.has(directory));
    for (const directory of removed) this.#sent.delete(directory);
    return { changed, removed };
  }

  #row(run: TableRun): TableRow {
    return { ...rowOf(run), directory: run.directory, settings: this.#settings.get(run.directory) ?? {} };
  }
}
