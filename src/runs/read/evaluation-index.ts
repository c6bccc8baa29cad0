/** Responses of an evaluation by problem: only the counts are kept, a problem is read when someone looks at it. */
import { type FoundProblems, type ProblemOverview, searchPattern } from '../facts/index.js';
import {
  type EvaluatedProblem,
  type EvaluationHeader,
  errorCode,
  type JsonObject,
  openRegularFile,
  parseObject,
  runFileError,
} from '../protocol/index.js';
import { LineTail } from './tail.js';

interface Entry extends ProblemOverview {
  offset: number;
  length: number;
  /** Of the file, 1 for the first. */
  line: number;
}

/** How evaluators start a line, Python's with spaces; a line may hold megabytes of responses. */
const lineStart =
  /^\{\s*"id":\s*("(?:[^"\\]|\\.)*"),\s*"n":\s*(\d+),\s*"correct":\s*(\d+),\s*"answers":\s*(\d+),\s*"majority":\s*(\d+(?:\.\d+)?(?:e[-+]?\d+)?),/;
const lineStartBytes = 1024;
const closingBrace = 0x7d;

/** How long a part of a search takes before its page hears of it. */
const partMilliseconds = 150;

export class EvaluationIndex {
  readonly #tail: LineTail;
  /** By id, in the order of their first line; a problem that was sampled twice counts as its last line says. */
  #entries = new Map<string, Entry>();
  header: EvaluationHeader | null = null;
  skippedLines = 0;

  constructor(readonly file: string) {
    this.#tail = new LineTail(file);
  }

  /** Takes in what was added. @throws {RunFileError} */
  async read(): Promise<void> {
    await this.#tail.read({
      reset: () => {
        this.#entries.clear();
        this.header = null;
        this.skippedLines = 0;
      },
      line: (bytes, offset, line) => {
        const overview = problemOverview(bytes);
        if (overview) this.#entries.set(overview.id, { ...overview, offset, length: bytes.length, line });
        else if (offset === 0) this.header = headerOf(bytes);
        else this.skippedLines++;
      },
    });
  }

  problems(): ProblemOverview[] {
    return [...this.#entries.values()].map(({ id, n, correct, answers, majority }) => ({
      id,
      n,
      correct,
      answers,
      majority,
    }));
  }

  /** Of a problem, in the file, 1 for the first; null when there is none of that id. */
  lineOf(id: string): number | null {
    return this.#entries.get(id)?.line ?? null;
  }

  /** A problem with its responses; null when there is none of that id. @throws {RunFileError} */
  async problem(id: string): Promise<EvaluatedProblem | null> {
    const entry = this.#entries.get(id);
    return entry ? this.#withFile(null, (read) => read(entry)) : null;
  }

  /**
   * Problems with this text in their id, statement, answer or a response, from the `from`-th on, for a moment.
   * @throws {RunFileError}
   */
  async find(text: string, from: number): Promise<FoundProblems> {
    const pattern = searchPattern(text);
    if (!pattern) return { ids: [], next: null };
    const entries = [...this.#entries.values()];
    return this.#withFile({ ids: [], next: null }, async (read) => {
      const ids: string[] = [];
      const end = performance.now() + partMilliseconds;
      let place = from;
      do {
        const entry = entries[place++];
        const problem = entry && (await read(entry));
        if (problem && holds(problem, pattern)) ids.push(problem.id);
      } while (place < entries.length && performance.now() < end);
      return { ids, next: place < entries.length ? place : null };
    });
  }

  /** Reads problems of the open file; `missing` when there is no file. @throws {RunFileError} */
  async #withFile<Result>(
    missing: Result,
    use: (read: (entry: Entry) => Promise<EvaluatedProblem | null>) => Promise<Result>,
  ): Promise<Result> {
    try {
      const { handle } = await openRegularFile(this.file);
      try {
        return await use(async ({ offset, length }) => {
          const bytes = Buffer.alloc(length);
          await handle.read(bytes, 0, length, offset);
          const value = parseObject(bytes);
          return value && isProblem(value) ? (value as EvaluatedProblem) : null;
        });
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return missing;
      throw runFileError(error, 'read', this.file);
    }
  }
}

function problemOverview(bytes: Buffer): ProblemOverview | null {
  const match = lineStart.exec(bytes.toString('utf8', 0, lineStartBytes));
  const id = match && jsonText(match[1]!);
  if (match && id !== null && bytes[bytes.length - 1] === closingBrace) {
    const [, , n, correct, answers, majority] = match;
    return {
      id,
      n: Number(n),
      correct: Number(correct),
      answers: Number(answers),
      majority: Number(majority),
    };
  }
  const value = parseObject(bytes);
  if (!value || !isProblem(value)) return null;
  const { n, correct, answers, majority } = value as EvaluatedProblem;
  return { id: value.id as string, n, correct, answers, majority };
}

/** Null when a character is damaged. */
function jsonText(literal: string): string | null {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return null;
  }
}

function isProblem(value: JsonObject): boolean {
  const numbers = ['n', 'correct', 'answers', 'majority'];
  return (
    typeof value.id === 'string' &&
    typeof value.problem === 'string' &&
    Array.isArray(value.responses) &&
    numbers.every((name) => typeof value[name] === 'number')
  );
}

/** What was written by others may lack anything. */
function holds(problem: EvaluatedProblem, pattern: RegExp): boolean {
  const has = (value: unknown) => typeof value === 'string' && pattern.test(value);
  const { id, gold, choices, responses } = problem;
  return (
    [id, problem.problem, gold, ...(choices ?? [])].some(has) ||
    responses.some((response) => has(response?.text) || has(response?.answer))
  );
}

function headerOf(bytes: Buffer): EvaluationHeader | null {
  const value = parseObject(bytes)?.evaluation;
  return typeof value === 'object' && value !== null ? (value as EvaluationHeader) : null;
}
