/** What a trainer job prints: JSON lines of progress on one stream, one line with the result on the other. Pure. */

/** Cuts a stream of text into whole lines. */
export class LineSplitter {
  #rest = '';

  /** The lines that this piece completes. */
  push(piece: string): string[] {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.map((line) => line.trim()).filter((line) => line !== '');
  }

  /** What is left after the last line break. */
  end(): string[] {
    const rest = this.#rest.trim();
    this.#rest = '';
    return rest === '' ? [] : [rest];
  }
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** `{"done":3,"total":9}` as progress; null for any other line, which is for the log. */
export function parseProgress(line: string): { done: number; total: number } | null {
  const value = parseObject(line);
  if (typeof value?.done !== 'number' || typeof value.total !== 'number' || value.total <= 0) return null;
  return { done: value.done, total: value.total };
}

export interface EvaluationScores {
  benchmark: string;
  pass_at_1: number;
  pass_at_k: number;
  maj_at_k: number;
  k: number;
}

/** The result line: scores, or the reason why there are none. */
export function parseResult(line: string): { scores: EvaluationScores } | { error: string } | null {
  const value = parseObject(line);
  if (!value) return null;
  if (typeof value.error === 'string') {
    return { error: typeof value.hint === 'string' ? `${value.error} ${value.hint}`.trim() : value.error };
  }
  const { benchmark, pass_at_1, pass_at_k, maj_at_k, k } = value;
  const numbers = [pass_at_1, pass_at_k, maj_at_k, k];
  if (typeof benchmark !== 'string' || !numbers.every((entry) => typeof entry === 'number')) return null;
  return {
    scores: {
      benchmark,
      pass_at_1: Number(pass_at_1),
      pass_at_k: Number(pass_at_k),
      maj_at_k: Number(maj_at_k),
      k: Number(k),
    },
  };
}
