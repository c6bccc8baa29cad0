/** The page that compares runs: what is compared, how it is looked at, and its questions to the host. */
import {
  type Asked,
  Asker,
  type BandKind,
  type Compared,
  type CompareHostMessage,
  type ComparePageMessage,
  type CompareQuestions,
  type CompareState,
  type CurveAxis,
  errorText,
} from '../../../src/contract/index.js';
import { toggled } from './charts.svelte.js';

export const compareTabs = ['curves', 'scores', 'problems', 'settings', 'geometry'] as const;
export type CompareTab = (typeof compareTabs)[number];

/** How the page is looked at. */
interface Look {
  tab: CompareTab;
  axis: CurveAxis;
  band: BandKind;
  smoothing: number;
  singles: boolean;
  /** Keys of the charts that are shown; null shows the usual ones. */
  charts: readonly string[] | null;
  logarithmic: readonly string[];
  baseline: string | null;
}

const usual: Look = {
  tab: 'curves',
  axis: 'step',
  band: 'sd',
  smoothing: 0.6,
  singles: false,
  charts: null,
  logarithmic: [],
  baseline: null,
};

interface SavedLook extends CompareState, Partial<Look> {}

declare function acquireVsCodeApi(): {
  postMessage(message: ComparePageMessage): void;
  getState(): SavedLook | undefined;
  setState(state: SavedLook): void;
};

const api = acquireVsCodeApi();

export const send = (message: ComparePageMessage): void => api.postMessage(message);

export class CompareView {
  compared = $state.raw<Compared | null>(null);
  look = $state.raw<Look>(usual);
  /** Names of the variants that are not drawn. */
  hidden = $state.raw<readonly string[]>([]);
  /** The x that is pointed at, or null. */
  at = $state<number | null>(null);
  /** What is zoomed into; null shows all. */
  range = $state.raw<readonly [number, number] | null>(null);
  /** Counts what the runs have grown by: what depends on them is asked for again. */
  version = $state(0);
  /** Whether the first curves are drawn: the statistics, which take longer, wait for them. */
  drawn = $state(false);
  /** Why something was not exported; empty when nothing failed. */
  failure = $state('');
  readonly #asker = new Asker<CompareQuestions>((message: Asked<CompareQuestions>) => send(message));

  readonly ask: Asker<CompareQuestions>['ask'] = (name, args) => this.#asker.ask(name, args);

  start(): () => void {
    this.look = { ...usual, ...api.getState() };
    const listen = ({ data }: MessageEvent<CompareHostMessage>) => this.#take(data);
    addEventListener('message', listen);
    send({ type: 'ready' });
    return () => removeEventListener('message', listen);
  }

  get baseline(): string {
    const { compared, look } = this;
    return compared?.baselines.find((name) => name === look.baseline) ?? compared?.baseline ?? '';
  }

  set(change: Partial<Look>): void {
    // Steps are no tokens: another axis begins with all of it.
    if (change.axis !== undefined && change.axis !== this.look.axis) {
      this.range = null;
      this.at = null;
    }
    this.look = { ...this.look, ...change };
    this.#save();
  }

  /** Of the variant's colour and dashes. */
  placeOf(name: string): number {
    return this.compared?.variants.find((variant) => variant.name === name)?.place ?? 0;
  }

  isHidden(name: string): boolean {
    return this.hidden.includes(name);
  }

  toggle(name: string): void {
    this.hidden = toggled(this.hidden, name);
  }

  /** Shows one variant alone; again, all of them. */
  isolate(name: string): void {
    const others = (this.compared?.variants ?? [])
      .map((variant) => variant.name)
      .filter((one) => one !== name);
    const isAlone = !this.isHidden(name) && others.every((other) => this.isHidden(other));
    this.hidden = isAlone ? [] : others;
  }

  /** Exports; a failure is shown. */
  async save(question: Promise<boolean>): Promise<void> {
    try {
      await question;
      this.failure = '';
    } catch (error) {
      this.failure = errorText(error);
    }
  }

  painted(): void {
    if (this.drawn) return;
    this.drawn = true;
    send({ type: 'painted', milliseconds: performance.now() });
  }

  #take(message: CompareHostMessage): void {
    switch (message.type) {
      case 'compared':
        this.compared = message.compared;
        this.version++;
        this.#save();
        break;
      case 'grown':
        this.version++;
        break;
      default:
        this.#asker.receive(message);
    }
  }

  #save(): void {
    if (this.compared) api.setState({ ...this.look, directories: [...this.compared.directories] });
  }
}
