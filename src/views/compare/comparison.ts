/** What is compared: runs in variants, with their curves, scores, problems and geometry. Reads; shows nothing. */
import { t } from '@vscode/l10n';
import type {
  BandKind,
  Compared,
  ComparedScores,
  CompareReport,
  CurveAxis,
  Curves,
  EvaluatedGeometry,
  ProblemPair,
  SettingRow,
  SharedProblems,
  VariantGeometry,
} from '../../contract/index.js';
import { KnownError } from '../../errors.js';
import { RunFileError } from '../../runs/protocol/index.js';
import type { RunDelta } from '../../runs/read/index.js';
import type { StudyFolder } from '../../studies/folder/index.js';
import { armsOf } from '../../studies/plan/index.js';
import { type ReportedArm, type ScoreChoice, type ScoredRun, scoreRun } from '../../studies/report/index.js';
import type { WatchedRun } from '../index.js';
import { curveChoices } from './choices.js';
import { cutCurves, type WholeCurves, wholeCurves } from './curves.js';
import { sharedProblems } from './flips.js';
import { groupRuns, newestOfEachSeed, type Variant } from './grouping.js';
import { placesOf } from './places.js';
import { pairOf } from './problem-pair.js';
import { compareReport, compareScores } from './report.js';
import { type CurveKey, RunColumns } from './run-columns.js';
import { settingRows } from './settings.js';

/** How a curve is drawn, whatever part of it is seen. */
export interface CurveRequest extends CurveKey {
  axis: CurveAxis;
  band: BandKind;
  smoothing: number;
}

type ProblemQuestion = Parameters<typeof pairOf>[2] & { first: string; second: string };

type Compute<Value> = (scored: ScoredRun[], signal: AbortSignal) => Promise<Value>;

/** Whole curves that are held, to cut another part of them. */
const heldCurves = 24;

export class Comparison {
  readonly variants: readonly Variant<WatchedRun>[];
  readonly #columns = new Map<WatchedRun, RunColumns>();
  readonly #whole = new Map<string, WholeCurves>();
  /** Keys of those whose runs have grown. */
  readonly #grown = new Set<string>();
  readonly #subscriptions: { dispose(): void }[];
  readonly #statistics = new Map<string, Promise<unknown>>();
  /** Ends what is computed of scores that have changed, or for nobody. */
  #computing = new AbortController();
  #scored: Promise<ScoredRun[]> | null = null;

  /**
   * @param study whose arms the variants are; null compares what differs
   * @param armPlaces by the folder of a run the place of its arm in its study
   * @param onGrown some of the runs have new records
   */
  constructor(
    readonly runs: readonly WatchedRun[],
    readonly study: StudyFolder | null,
    private readonly armPlaces: ReadonlyMap<string, number>,
    onGrown: () => void,
  ) {
    this.variants = study ? armVariants(runs, study) : groupRuns(runs);
    for (const { runs: members } of this.variants) {
      for (const run of members) this.#columns.set(run, new RunColumns(run));
    }
    this.#subscriptions = [...this.#columns.keys()].map((run) =>
      run.onChange((delta) => {
        if (this.#take(delta)) onGrown();
      }),
    );
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#whole.clear();
    this.#computing.abort(new KnownError('The comparison was closed.'));
  }

  get described(): Compared {
    const all = [...this.#columns.keys()];
    const { choices, usual } = curveChoices(all);
    const baselines = [...new Set(this.variants.map(({ variant }) => variant))];
    const places = placesOf(this.variants, this.armPlaces);
    return {
      title: this.title,
      directories: this.study ? [this.study.directory] : this.runs.map(({ directory }) => directory),
      variants: this.variants.map(({ name, variant, runs }, index) => ({
        name,
        variant,
        place: places[index] ?? index,
        method: runs[0]?.summary.manifest.experiment.method.name ?? '',
        policy: runs[0]?.summary.manifest.experiment.policy ?? '',
        runs: runs.map(({ directory, summary }) => ({
          directory,
          id: summary.id,
          name: summary.name,
          seed: summary.manifest.seed,
        })),
      })),
      baselines,
      baseline: this.baseline,
      choices,
      usual,
      benchmarks: this.#benchmarks(),
    };
  }

  get title(): string {
    if (this.study) return this.study.manifest.name;
    const [first = '', ...others] = new Set(this.runs.map(({ summary }) => summary.name));
    return others.length === 0 ? first : t('{0} (and {1} more)', first, others.length);
  }

  /** That of the study; else the variant of the method that G2RL changes, else the first. */
  get baseline(): string {
    const plain = this.variants.find(
      ({ runs }) => runs[0]?.summary.manifest.experiment.method.name === 'grpo',
    );
    return this.study?.manifest.study.baseline ?? (plain ?? this.variants[0])?.variant ?? '';
  }

  async curves(request: CurveRequest, part: Parameters<typeof cutCurves>[1]): Promise<Curves> {
    return cutCurves(await this.whole(request), part);
  }

  /** What curves are made of; a page begins with them, so that it is read while the page loads. @throws {RunFileError} */
  async readSeries(): Promise<void> {
    await Promise.all([...this.#columns.keys()].map((run) => run.series()));
  }

  /** Every point. What is held is brought up to date when runs have grown. */
  async whole({ benchmark, metric, axis, band, smoothing }: CurveRequest): Promise<WholeCurves> {
    await this.readSeries();
    const key = JSON.stringify([benchmark, metric, axis, band, smoothing]);
    const known = this.#whole.get(key) ?? null;
    if (known && !this.#grown.has(key)) return known;
    const variants = this.variants.map(({ name, runs }) => ({
      name,
      runs: runs.map((run) => this.#columns.get(run)!.curve({ benchmark, metric }, axis)),
    }));
    const whole = wholeCurves(variants, { shared: axis === 'step', band, smoothing }, known);
    const [oldest] = this.#whole.keys();
    if (!known && this.#whole.size >= heldCurves) this.#whole.delete(oldest!);
    this.#whole.set(key, whole);
    this.#grown.delete(key);
    return whole;
  }

  report(baseline: string): Promise<CompareReport> {
    return this.#held(`report ${baseline}`, (scored, signal) =>
      compareReport(this, scored, baseline, signal),
    );
  }

  scores(question: Parameters<typeof compareScores>[2]): Promise<ComparedScores> {
    return this.#held(`scores ${JSON.stringify(question)}`, (scored, signal) =>
      compareScores(this, scored, question, signal),
    );
  }

  /** Statistics are held until scores change: a run that grows has the same ones. */
  #held<Value>(key: string, compute: Compute<Value>): Promise<Value> {
    // The key says what it is of.
    const known = this.#statistics.get(key) as Promise<Value> | undefined;
    const answer = known ?? this.#computed(compute);
    this.#statistics.set(key, answer);
    return answer;
  }

  async #computed<Value>(compute: Compute<Value>): Promise<Value> {
    const { signal } = this.#computing;
    try {
      return await compute(await this.#scoredRuns(), signal);
    } catch (error) {
      // Of scores that have changed meanwhile nobody wants to know: those that came instead are compared.
      if (signal.aborted && signal !== this.#computing.signal) return this.#computed(compute);
      throw error;
    }
  }

  settings(): SettingRow[] {
    return settingRows(this.variants);
  }

  async problems(benchmark: string, first: string, second: string): Promise<SharedProblems> {
    const [one, other] = await Promise.all([first, second].map((name) => this.#problems(name, benchmark)));
    const overviews = (list: typeof one) => (list ?? []).map(({ problems }) => problems);
    return sharedProblems(overviews(one), overviews(other));
  }

  async problem({ first, second, ...question }: ProblemQuestion): Promise<ProblemPair> {
    const { benchmark } = question;
    const [one, other] = await Promise.all([first, second].map((name) => this.#problems(name, benchmark)));
    return pairOf(one ?? [], other ?? [], question);
  }

  /** Of each variant the groups of the last steps of each run that have any. */
  async geometry(steps: number): Promise<VariantGeometry[]> {
    const found: VariantGeometry[] = [];
    const { geometryOf } = await import('./geometry.js');
    for (const { name, runs } of this.variants) {
      const groups = await Promise.all(runs.map((run) => lastGroups(run, steps)));
      found.push(
        geometryOf(
          name,
          groups.filter((list) => list.length > 0),
        ),
      );
    }
    return found;
  }

  /** Of each variant the evaluations that count, each seed once. */
  async evaluatedGeometry(benchmark: string): Promise<EvaluatedGeometry[]> {
    const scored = await this.#scoredRuns();
    const { evaluatedGeometryOf } = await import('./geometry.js');
    return this.variants.map(({ name }) =>
      evaluatedGeometryOf(
        name,
        scored
          .filter(({ run }) => run.arm.name === name)
          .flatMap(({ records }) => records.get(benchmark)?.record ?? []),
      ),
    );
  }

  /** Which evaluations count: as the study says, else each run's last. */
  get score(): ScoreChoice {
    return this.study?.manifest.study.score ?? { step: 'last', metric: 'pass_at_1' };
  }

  get arms(): ReportedArm[] {
    if (this.study) return armsOf(this.study.manifest.study);
    return this.variants.map(({ name, variant }) => ({ name, variant, point: {} }));
  }

  #benchmarks(): string[] {
    const names = [...this.#columns.keys()].flatMap(({ benchmarks }) =>
      benchmarks.map(({ benchmark }) => benchmark),
    );
    const decides = this.study?.manifest.study.score.benchmark;
    return [...new Set([...(decides === undefined ? [] : [decides]), ...names])];
  }

  /** The benchmark that decides: the study's, else the first. */
  get benchmark(): string {
    return this.#benchmarks()[0] ?? '';
  }

  /** Each seed of a variant once. Of a study only runs that have finished, as its report counts them. */
  #scoredRuns(): Promise<ScoredRun[]> {
    this.#scored ??= Promise.all(
      this.variants.flatMap(({ name, runs }) =>
        newestOfEachSeed(runs)
          .filter(({ summary }) => this.study === null || summary.status?.state === 'finished')
          .map((run) =>
            scoreRun(
              { arm: { name }, seed: run.summary.manifest.seed, directory: run.directory },
              run,
              this.score,
            ),
          ),
      ),
    );
    return this.#scored;
  }

  async #problems(name: string, benchmark: string) {
    const runs = newestOfEachSeed(this.variants.find((variant) => variant.name === name)?.runs ?? []);
    const scored = await this.#scoredRuns();
    return Promise.all(
      runs.map(async (run) => {
        const record = scored
          .find(({ run: { directory } }) => directory === run.directory)
          ?.records.get(benchmark)?.record;
        const step = record?.step ?? null;
        return { run, step, problems: step === null ? null : await keptProblems(run, step, benchmark) };
      }),
    );
  }

  #take(delta: RunDelta): boolean {
    const isSeries = delta.kind === 'metrics' || delta.kind === 'reset';
    if (!isSeries && delta.kind !== 'benchmarks' && !(delta.kind === 'summary' && isEnd(delta.changes)))
      return false;
    for (const key of this.#whole.keys()) this.#grown.add(key);
    // Scores come with evaluations and count when a run has finished.
    if (delta.kind !== 'metrics') {
      this.#scored = null;
      this.#statistics.clear();
      this.#computing.abort();
      this.#computing = new AbortController();
    }
    return true;
  }
}

const isEnd = (changes: Extract<RunDelta, { kind: 'summary' }>['changes']): boolean =>
  changes.state !== undefined;

/** The study's arms in its order, with those of their runs that were begun. */
function armVariants(runs: readonly WatchedRun[], study: StudyFolder): Variant<WatchedRun>[] {
  const byFolder = new Map(runs.map((run) => [run.directory, run]));
  return armsOf(study.manifest.study).map(({ name, variant }) => ({
    name,
    variant,
    runs: study.runs
      .filter(({ arm }) => arm.name === name)
      .flatMap(({ directory }) => (directory === null ? [] : (byFolder.get(directory) ?? []))),
  }));
}

async function keptProblems(run: WatchedRun, step: number, benchmark: string) {
  try {
    return await run.evaluation(step, benchmark);
  } catch (error) {
    if (error instanceof RunFileError) return null;
    throw error;
  }
}

async function lastGroups(run: WatchedRun, steps: number) {
  // The index of groups is read for the first question.
  await run.groups(-1);
  const wanted = run.groupSteps.slice(-steps);
  return (await Promise.all(wanted.map((step) => run.groups(step)))).flat();
}
