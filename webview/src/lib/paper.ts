/** Scores that the G2RL paper reports (arXiv 2512.15687), in percent: for comparison, not measured here. */

export type PaperModel = 'Qwen3-1.7B-Base' | 'Qwen3-4B-Base';
export type PaperMethod = 'GRPO' | 'Entropy bonus' | 'EVOL-RL' | 'G2RL';

export const paperModels: readonly PaperModel[] = ['Qwen3-1.7B-Base', 'Qwen3-4B-Base'];

/** pass@1, maj@16, pass@16, and pass@32 where it is reported; null for what is not. */
export type PaperScores = readonly [number, number | null, number | null, number?];

type Row = Readonly<Record<PaperMethod, PaperScores>>;

const tables: Readonly<Record<PaperModel, Readonly<Record<string, Row>>>> = {
  'Qwen3-1.7B-Base': {
    math500: {
      GRPO: [63.5, 73.2, 86.6],
      'Entropy bonus': [64.3, 74.1, 86.7],
      'EVOL-RL': [64.3, 73.7, 86.9],
      G2RL: [66.2, 76.8, 88.7],
    },
    amc: {
      GRPO: [31.2, 42.0, 68.1],
      'Entropy bonus': [32.2, 42.3, 65.7],
      'EVOL-RL': [32.2, 43.9, 66.2],
      G2RL: [33.9, 44.8, 68.5],
    },
    aime24: {
      GRPO: [7.5, 14.8, 24.4],
      'Entropy bonus': [9.6, 17.2, 23.3],
      'EVOL-RL': [8.4, 15.8, 27.3],
      G2RL: [10.1, 17.4, 28.0],
    },
    aime25: {
      GRPO: [4.6, 6.8, 22.2],
      'Entropy bonus': [4.6, 6.9, 24.5],
      'EVOL-RL': [5.3, 7.9, 21.6],
      G2RL: [7.5, 11.4, 24.8],
    },
  },
  'Qwen3-4B-Base': {
    math500: {
      GRPO: [76.9, 81.6, 90.8],
      'Entropy bonus': [79.0, 87.2, 93.2],
      'EVOL-RL': [80.0, 87.7, 93.5],
      G2RL: [80.8, 87.8, 93.6],
    },
    amc: {
      GRPO: [47.9, 56.2, 75.1],
      'Entropy bonus': [50.5, 63.7, 79.5],
      'EVOL-RL': [50.9, 62.0, 81.9],
      G2RL: [52.3, 63.8, 82.0],
    },
    aime24: {
      GRPO: [12.4, 18.2, 31.1],
      'Entropy bonus': [17.8, 25.4, 40.0],
      'EVOL-RL': [19.4, 28.2, 42.4],
      G2RL: [19.9, 28.7, 43.8],
    },
    aime25: {
      GRPO: [10.0, 16.2, 32.5],
      'Entropy bonus': [16.1, 24.4, 41.5],
      'EVOL-RL': [17.5, 23.9, 39.8],
      G2RL: [20.1, 29.0, 45.0],
    },
    'gpqa-diamond': {
      GRPO: [37.2, 39.2, 81.2, 85.2],
      'Entropy bonus': [37.8, 42.8, 88.6, 92.6],
      'EVOL-RL': [37.4, 42.1, 88.9, 93.7],
      G2RL: [38.7, 44.0, 89.2, 93.5],
    },
    'mmlu-pro': {
      GRPO: [56.15, null, null],
      'Entropy bonus': [57.14, null, null],
      'EVOL-RL': [57.17, null, null],
      G2RL: [58.47, null, null],
    },
  },
};

export const paperMethods: readonly PaperMethod[] = ['GRPO', 'Entropy bonus', 'EVOL-RL', 'G2RL'];

/** What the paper reports of a benchmark; null when it reports nothing. */
export const paperScores = (model: PaperModel, benchmark: string, method: PaperMethod): PaperScores | null =>
  tables[model][benchmark]?.[method] ?? null;

/** The paper's model of the size that a policy's name gives; null when it gives none of them. */
export function paperModelOf(policy: string): PaperModel | null {
  const size = /(\d+(?:\.\d+)?)\s*b(?![a-z])/i.exec(policy.split(/[\\/]/).at(-1) ?? '')?.[1];
  return paperModels.find((model) => model.includes(`-${size}B-`)) ?? null;
}

export const isInPaper = (benchmark: string): boolean =>
  paperModels.some((model) => Object.hasOwn(tables[model], benchmark));
