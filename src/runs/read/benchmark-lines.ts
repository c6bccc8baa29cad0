/** Lines of `benchmarks.jsonl`, which other programs and other versions write, too. */
import type { BenchmarkRecord, JsonObject } from '../protocol/index.js';

/** Bins of S from −1 to 1. */
const similarityBins = 20;

export function isBenchmark(value: JsonObject): boolean {
  return (
    Number.isInteger(value.step) && typeof value.benchmark === 'string' && typeof value.pass_at_1 === 'number'
  );
}

const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;
const isDistribution = (value: unknown): boolean =>
  Array.isArray(value) && value.length === similarityBins && value.every(isCount);

/** The record, in which figures of geometry that are none count as not recorded: its scores are of use without them. */
export function withUsableGeometry(record: BenchmarkRecord): BenchmarkRecord {
  const number = (value: unknown) => (typeof value === 'number' ? value : null);
  const { similarity_histogram: histogram, logdet_mean: logdet, text_similarity_mean: texts } = record;
  return {
    ...record,
    similarity_mean: number(record.similarity_mean),
    negative_pair_ratio: number(record.negative_pair_ratio),
    ...(histogram !== undefined && { similarity_histogram: isDistribution(histogram) ? histogram : null }),
    ...(logdet !== undefined && { logdet_mean: number(logdet) }),
    ...(texts !== undefined && { text_similarity_mean: number(texts) }),
  };
}
