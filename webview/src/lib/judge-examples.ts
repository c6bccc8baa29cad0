/** Pairs to begin with: forms of right answers, and traps. */
import type { JudgedPair } from '../../../src/contract/index.js';
import { t } from './l10n.js';

export interface JudgeExample {
  title: string;
  pair: JudgedPair;
  /** Whether the response is accepted. */
  accepted: boolean;
}

const pairOf = (gold: string, response: string, more: Partial<JudgedPair> = {}): JudgedPair => ({
  gold,
  response,
  kind: 'math',
  choices: [],
  prompt: '',
  ...more,
});
const cities = { kind: 'choice', choices: ['Rome', 'Paris', 'Athens', 'Vienna'] } as const;

/** In the language of the page. The first one is shown when there is nothing else. */
export const judgeExamples = (): readonly JudgeExample[] => [
  {
    title: t('a decimal for a fraction'),
    pair: pairOf('\\frac{1}{2}', 'Half of the tickets are sold, so the share is $\\boxed{0.5}$.'),
    accepted: true,
  },
  {
    title: t('another order of a set'),
    pair: pairOf('\\{1, 2, 3\\}', 'The answer is $\\{3, 1, 2\\}$.'),
    accepted: true,
  },
  {
    title: t('another form of a term'),
    pair: pairOf('(x+1)^2', 'Answer: $x^2 + 2x + 1$'),
    accepted: true,
  },
  {
    title: t('the text of a choice'),
    pair: pairOf('B', 'The capital of France is Paris.\n\nThe correct answer is **Paris**.', cities),
    accepted: true,
  },
  {
    title: t('several boxes'),
    pair: pairOf('5', 'That gives \\boxed{5}. No, I forgot the last step: \\boxed{8}.'),
    accepted: false,
  },
  {
    title: t('a rounded value'),
    pair: pairOf('\\frac{1}{3}', 'So $x \\approx \\boxed{0.33}$.'),
    accepted: false,
  },
  {
    title: t('an answer in thoughts that do not end'),
    pair: pairOf('12', '<think>\nThree times four is \\boxed{12}. But let me check this again'),
    accepted: false,
  },
  {
    title: t('a choice that is left open'),
    pair: pairOf('B', 'The answer is B or C.', cities),
    accepted: false,
  },
  {
    title: t('another unit'),
    pair: pairOf('3 \\text{ m}', 'The rope is \\boxed{3 \\text{ cm}} long.'),
    accepted: false,
  },
];
