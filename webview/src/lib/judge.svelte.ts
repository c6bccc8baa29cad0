/** The judge's playground: what is judged, and its questions to the host. */
import {
  Asker,
  errorText,
  type JudgedPair,
  type JudgeHostMessage,
  type JudgePageMessage,
  type JudgeQuestions,
  longestTried,
  type TriedVerdict,
} from '../../../src/contract/index.js';
import { judgeExamples } from './judge-examples.js';
import { t } from './l10n.js';

/** What the editor keeps for the page while it is hidden, and over a reload of the window. */
interface Kept {
  pair: JudgedPair;
}

declare function acquireVsCodeApi(): {
  postMessage(message: JudgePageMessage): void;
  getState(): Kept | undefined;
  setState(state: Kept): void;
};

const api = acquireVsCodeApi();

export const send = (message: JudgePageMessage): void => api.postMessage(message);

/** What is typed is judged once it rests. */
const restMilliseconds = 120;

export class JudgeView {
  pair = $state.raw<JudgedPair>(api.getState()?.pair ?? judgeExamples()[0]!.pair);
  /** That of what was judged last: it stays until the next one comes. */
  judged = $state.raw<{ pair: JudgedPair; verdict: TriedVerdict } | null>(null);
  /** Why there is none; empty when nothing failed. */
  failure = $state('');
  /** Counts the pairs that came from elsewhere. */
  given = $state(0);
  readonly #asker = new Asker<JudgeQuestions>(send);
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(): () => void {
    const listen = ({ data }: MessageEvent<JudgeHostMessage>) => this.#take(data);
    addEventListener('message', listen);
    send({ type: 'ready' });
    this.#judge();
    return () => {
      clearTimeout(this.#timer);
      removeEventListener('message', listen);
    };
  }

  /** What was typed. */
  change(change: Partial<JudgedPair>): void {
    this.#keep({ ...this.pair, ...change });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#judge(), restMilliseconds);
  }

  /** Something else altogether. */
  show(pair: JudgedPair): void {
    clearTimeout(this.#timer);
    this.#keep(pair);
    this.#judge();
  }

  #keep(pair: JudgedPair): void {
    this.pair = pair;
    api.setState({ pair: { ...pair, choices: [...pair.choices] } });
  }

  #take(message: JudgeHostMessage): void {
    if (message.type === 'pair') {
      this.show(message.pair);
      this.given++;
    } else this.#asker.receive(message);
  }

  #judge(): void {
    const { pair } = this;
    const excess = tooLong(pair);
    if (excess) {
      this.failure = excess;
      return;
    }
    this.#asker.ask('judge', { ...pair, choices: [...pair.choices] }).then(
      (verdict) => {
        if (this.pair !== pair) return;
        this.judged = { pair, verdict };
        this.failure = '';
      },
      (error: unknown) => {
        if (this.pair === pair) this.failure = errorText(error);
      },
    );
  }
}

/** Why a pair is not judged here; null when it is. */
function tooLong({ gold, response, prompt, choices }: JudgedPair): string | null {
  const long =
    gold.length > longestTried.gold ||
    response.length > longestTried.response ||
    prompt.length > longestTried.prompt ||
    choices.length > longestTried.choices ||
    choices.some((choice) => choice.length > longestTried.choice);
  return long ? t('Too long to be judged while it is written: use “g2rl verify”.') : null;
}
