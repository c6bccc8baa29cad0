/** Figures of how the responses to a problem differ, as the paper's Figure 3 has them, and what it reports of them. */
import { formatNumber, formatPercent } from '../../../src/runs/facts/index.js';
import { t } from './l10n.js';

export interface GeometryFigure {
  /** In `benchmarks.jsonl`. */
  key: 'similarity_mean' | 'negative_pair_ratio' | 'logdet_mean' | 'text_similarity_mean';
  label: string;
  /** Where there is little room. */
  short: string;
  help: string;
  format: (value: number | null | undefined) => string;
}

export const geometryFigures = (): readonly GeometryFigure[] => [
  {
    key: 'similarity_mean',
    label: t('mean S'),
    short: t('mean S'),
    help: t(
      'Mean pairwise similarity of the gradients of the responses to a problem. The paper on AIME25: 0.208 with GRPO, 0.064 with G2RL.',
    ),
    format: (value) => formatNumber(value),
  },
  {
    key: 'negative_pair_ratio',
    label: 'S < 0',
    short: 'S < 0',
    help: t(
      'Share of pairs whose gradients point in opposite directions. The paper on AIME25: 5.9 % with GRPO, 18.9 % with EVOL-RL, 28.1 % with G2RL.',
    ),
    format: formatPercent,
  },
  {
    key: 'logdet_mean',
    label: 'log det(I + S)',
    short: 'log det',
    help: t(
      'How many directions the n responses to a problem have, mean over problems: from ln(1 + n) when all are the same to n ln 2 when all are orthogonal. Only evaluations with the same number of responses can be compared.',
    ),
    format: (value) => formatNumber(value, 2),
  },
  {
    key: 'text_similarity_mean',
    label: t('cosine of the texts'),
    short: t('text cosine'),
    help: t(
      'Mean pairwise cosine of the texts of the responses to a problem under evaluation.embeddingModel. The paper on AIME25: 0.738 with GRPO, 0.769 with G2RL.',
    ),
    format: (value) => formatNumber(value),
  },
];
