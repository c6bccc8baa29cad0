/** What the explorer has painted of its rows, and which of them may look otherwise by now. Pure. */
import type { LibraryChange } from './run-library.js';
import type { RunListSettings } from './run-list.js';

interface Painted {
  looks: string;
  /** What told the run from others of its name. */
  traits: string;
}

export class PaintedRows {
  readonly #painted = new Map<string, Painted>();
  /** Runs that have changed since. */
  readonly #touched = new Set<string>();
  #mayMove = false;
  #isOld = false;

  /** Whether a run may have come, gone or be at another place. */
  get mayMove(): boolean {
    return this.#mayMove;
  }

  /** @param traits of a run */
  paint(id: string, looks: string, traits = ''): void {
    this.#painted.set(id, { looks, traits });
  }

  /** What was painted; undefined of a row that never was: it is painted with the tree. */
  looks(id: string): string | undefined {
    return this.#painted.get(id)?.looks;
  }

  touch(change: LibraryChange, settings: RunListSettings): void {
    const { directory } = change.run;
    if (change.kind === 'removed') this.#painted.delete(directory);
    this.#touched.add(directory);
    this.#mayMove ||= mayMove(change, settings);
  }

  /** Something else than a run may have moved rows. */
  move(): void {
    this.#mayMove = true;
  }

  /** Time has passed, which every row tells. */
  age(): void {
    this.#isOld = true;
  }

  /** Of the runs that are listed those to look at. @param traitsOf what tells a run from others of its name now */
  *suspects(listed: ReadonlySet<string>, traitsOf: (run: string) => string): Generator<string> {
    for (const run of this.#isOld || this.#mayMove ? listed : this.#touched) {
      const painted = this.#painted.get(run);
      if (!painted || !listed.has(run)) continue;
      // A changed name or setting of one run may show in the rows of others.
      if (this.#isOld || this.#touched.has(run) || traitsOf(run) !== painted.traits) yield run;
    }
  }

  /** All is painted. */
  settle(): void {
    this.#touched.clear();
    this.#mayMove = false;
    this.#isOld = false;
  }
}

/** Whether a run may be at another place after a change, or no longer fit the filter. */
function mayMove(change: LibraryChange, { filter, sort, group }: RunListSettings): boolean {
  if (change.kind !== 'changed') return true;
  const { change: delta } = change;
  const isManifest = delta.kind === 'summary' && delta.changes.manifest !== undefined;
  return isManifest || filter !== '' || sort === 'score' || sort === 'state' || group === 'state';
}
