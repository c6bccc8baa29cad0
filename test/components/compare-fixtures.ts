/** A comparison as the host describes and answers it: two variants, or as many as there are names. */
import type {
  Compared,
  ComparedScores,
  CompareReport,
  CurveChoice,
  EvaluatedGeometry,
  ProblemPair,
  SettingRow,
  SharedProblems,
  VariantGeometry,
} from '../../src/contract/compare-messages.js';
import { cutCurves, wholeCurves } from '../../src/views/compare/curves.js';
import type { ComparisonAnswers } from './fake-host.js';
import { evaluatedProblem, hostileText, similarityHistogram } from './fixtures.js';

export interface ComparisonOptions {
  names?: string[];
  seeds?: number;
  steps?: number;
}

const choice = (metric: string, title: string, changes: Partial<CurveChoice> = {}): CurveChoice => ({
  benchmark: '',
  metric,
  title,
  help: `What ${title} is.`,
  format: 'number',
  unit: '',
  smooth: true,
  ...changes,
});

export function compared({ names = ['grpo', 'g2rl'], seeds = 5 }: ComparisonOptions = {}): Compared {
  return {
    title: 'does-g2rl-help',
    directories: ['/studies/1'],
    variants: names.map((name, place) => ({
      name,
      variant: name,
      place,
      method: name,
      policy: 'Qwen/Qwen3-1.7B-Base',
      runs: Array.from({ length: seeds }, (_, seed) => ({
        directory: `/runs/${name}-${seed}`,
        id: `${name}-${seed}`,
        name: `${name} ${seed}`,
        seed,
      })),
    })),
    baselines: names,
    baseline: names[0] ?? '',
    choices: [
      choice('pass_at_1', 'math500: pass@1', { benchmark: 'math500', format: 'percent', smooth: false }),
      choice('reward', 'Reward'),
      choice('g2rl/similarity_mean', 'Similarity'),
      choice('mine', 'mine'),
    ],
    usual: [0, 1, 2],
    benchmarks: ['math500'],
  };
}

function curveOf(place: number, seed: number, steps: number, isScore: boolean) {
  // The last seed of the first variant stops early.
  const length = place === 0 && seed === 0 ? Math.floor(0.6 * steps) : steps;
  const every = isScore ? Math.max(1, Math.floor(steps / 8)) : 1;
  const x = Array.from({ length: Math.floor(length / every) }, (_, index) => (index + 1) * every);
  const y = x.map(
    (step) =>
      0.4 + (0.1 * place + 0.3) * (1 - Math.exp((-3 * step) / steps)) + 0.04 * Math.sin(step + 7 * seed),
  );
  return { id: `${place}-${seed}`, seed, x: Float64Array.from(x), y: Float64Array.from(y) };
}

const summary = (mean: number) => ({ n: 5, mean, sd: 0.008, iqm: mean, low: mean - 0.01, high: mean + 0.01 });

export const sentence =
  'g2rl 66.2 ± 0.8 against grpo 63.5 ± 0.8 (5 seeds): better by 2.7 points (95 %: 1.1 to 4.2; p = 0.008).';

export function answers({
  names = ['grpo', 'g2rl'],
  seeds = 5,
  steps = 200,
}: ComparisonOptions = {}): ComparisonAnswers {
  const report: CompareReport = {
    sentences: [sentence],
    notes: [`9 of 10 runs have finished: figures will change. ${hostileText}`],
    metrics: ['pass_at_1', 'maj_at_k'],
  };
  const scores: ComparedScores = {
    benchmark: 'math500',
    variants: names.map((name, place) => ({
      name,
      n: seeds,
      scores: { pass_at_1: summary(0.635 + 0.027 * place), maj_at_k: summary(0.73 + 0.02 * place) },
    })),
    comparisons: names.slice(1).map((variant) => ({
      variant,
      baseline: names[0] ?? '',
      metric: 'pass_at_1',
      delta: 0.027,
      low: 0.011,
      high: 0.042,
      probabilityOfImprovement: 0.96,
      p: 0.008,
      pHolm: 0.008,
      paired: true,
      n: [seeds, seeds] as [number, number],
      byProblem: true,
      seedsNeeded: 4,
      distinguishable: true,
    })),
  };
  const problems: SharedProblems = {
    problems: [
      {
        id: 'algebra/7',
        flipped: true,
        first: { seeds: 5, solved: 5, share: 0.9 },
        second: { seeds: 5, solved: 1, share: 0.2 },
      },
      {
        id: hostileText,
        flipped: true,
        first: { seeds: 5, solved: 2, share: 0.4 },
        second: { seeds: 5, solved: 3, share: 0.6 },
      },
      ...Array.from({ length: 498 }, (_, place) => ({
        id: `same/${place}`,
        flipped: false,
        first: { seeds: 5, solved: place % 2 === 0 ? 5 : 0, share: place % 2 },
        second: { seeds: 5, solved: place % 2 === 0 ? 5 : 0, share: place % 2 },
      })),
    ],
    missing: 1,
  };
  const pair = ({ id, firstRun }: { id: string; firstRun: string }): ProblemPair => ({
    first: {
      id: firstRun || 'g2rl-1',
      run: 'g2rl 1',
      seed: Number((firstRun || 'g2rl-1').at(-1)),
      problem: evaluatedProblem(id, { n: 2, correct: 2, similarity: [-0.5], similarity_mean: -0.5 }),
    },
    second: {
      id: 'grpo-3',
      run: 'grpo 3',
      seed: 3,
      problem: evaluatedProblem(id, {
        n: 2,
        correct: 0,
        responses: [
          {
            text: `So $x=2$. ${hostileText}`,
            answer: '2',
            class: 0,
            correct: false,
            reason: 'not equal',
            tokens: 9,
            finished: true,
          },
        ],
      }),
    },
  });
  const settings: SettingRow[] = [
    { path: 'method.name', values: names.map((name) => JSON.stringify(name)) },
    { path: 'method.lambda', values: names.map((_, place) => (place === 0 ? null : 'null')) },
  ];
  const geometry: VariantGeometry[] = names.map((name, place) => ({
    name,
    runs: seeds,
    groups: 160,
    histogram: Array.from({ length: 40 }, (_, bin) =>
      Math.round(400 * Math.exp(-((bin - 24 + 3 * place) ** 2) / 30)),
    ),
    pairs: 4000,
    mean: 0.3 - place / 10,
    negative: 0.1 + place / 20,
    exploration: 0.8,
    scaler: 1.02,
    withoutSignal: 0.25,
  }));
  const evaluated: EvaluatedGeometry[] = names.map((name, place) => ({
    name,
    runs: seeds,
    undistributed: place === 1 ? 1 : 0,
    histogram: similarityHistogram(0.208 - 0.144 * place),
    mean: 0.208 - 0.144 * place,
    negative: 0.059 + 0.222 * place,
    logdet: 9.2 + place,
    textSimilarity: null,
    distinct: 0.93,
  }));
  return {
    curves: ({ benchmark, axis, band, smoothing, from, to, width, singles }) =>
      cutCurves(
        wholeCurves(
          names.map((name, place) => ({
            name,
            runs: Array.from({ length: seeds }, (_, seed) => curveOf(place, seed, steps, benchmark !== '')),
          })),
          { shared: axis === 'step', band, smoothing },
        ),
        { from, to, width, singles },
      ),
    report: () => report,
    scores: () => scores,
    settings: () => settings,
    problems: () => problems,
    problem: pair,
    geometry: () => geometry,
    evaluatedGeometry: () => evaluated,
    saveTable: () => true,
    saveCurves: () => true,
    savePicture: () => true,
    openRun: () => true,
  } as ComparisonAnswers;
}
