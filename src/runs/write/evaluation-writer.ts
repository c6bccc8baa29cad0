/** The evaluator's side of `evaluations/`: problems are appended as they are done, so that a cut-off evaluation resumes. */
import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  appendLines,
  type EvaluatedProblem,
  type EvaluationHeader,
  endLastLine,
  evaluatedProblemSchema,
  makeFolderWithin,
  runFileError,
} from '../protocol/index.js';
import { EvaluationIndex } from '../read/index.js';

/** More than a header has. */
const mostHeaderBytes = 65_536;

/** Whether a kill came before the header was whole: such a file holds nothing. */
const isBarelyBegun = (file: string): boolean =>
  statSync(file).size <= mostHeaderBytes && !readFileSync(file).includes('\n');

export class EvaluationWriter {
  private constructor(
    readonly file: string,
    readonly index: EvaluationIndex,
  ) {}

  /**
   * Continues the file when it holds the same evaluation, else starts it; the file of another evaluation is kept
   * next to it as `<file>.previous`. Only its own folder is made if it is missing.
   * @throws {RunFileError}
   */
  static async open(file: string, header: EvaluationHeader): Promise<EvaluationWriter> {
    try {
      makeFolderWithin(dirname(file));
      if (existsSync(file) && isBarelyBegun(file)) rmSync(file);
      if (existsSync(file)) {
        endLastLine(file);
        const index = new EvaluationIndex(file);
        await index.read();
        if (isDeepStrictEqual(index.header, header)) return new EvaluationWriter(file, index);
        renameSync(file, `${file}.previous`);
      }
    } catch (error) {
      throw runFileError(error, 'written', file);
    }
    appendLines(file, [{ evaluation: header }]);
    const index = new EvaluationIndex(file);
    await index.read();
    return new EvaluationWriter(file, index);
  }

  /** Ids of the problems that are done. */
  done(): Set<string> {
    return new Set(this.index.problems().map(({ id }) => id));
  }

  /** A problem that is done; null when it is not, or when its line is damaged. @throws {RunFileError} */
  async kept(id: string): Promise<EvaluatedProblem | null> {
    return evaluatedProblemSchema.safeParse(await this.index.problem(id)).data ?? null;
  }

  /** @throws {RunFileError} */
  append(problems: readonly EvaluatedProblem[]): void {
    // The order in which the index looks for the fields.
    const lines = problems.map(({ id, n, correct, answers, majority, ...rest }) => ({
      id,
      n,
      correct,
      answers,
      majority,
      ...rest,
    }));
    appendLines(this.file, lines);
  }
}
