/** What TRL keeps with `log_completions`: `completions/completions_00010.parquet`, a row for each response of a step. */
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { reasonOf } from '../../errors.js';
import { areCompletions, completionOf, groupsOf } from './group-rows.js';
import { firstBytes } from './growing.js';
import { LogError, type LoggedGroup } from './log.js';

/** `completions_00010.parquet`, in earlier versions `completions_step_10.parquet`. */
export const completionsFile = /^completions_(?:step_)?(\d+)\.parquet$/;

/** Begins and ends every parquet file. */
const magic = 'PAR1';

/**
 * Null while the file is still written.
 * @param isReward whether a column of numbers is a reward
 * @throws LogError
 */
export async function readCompletions(
  path: string,
  isReward: (name: string) => boolean,
): Promise<LoggedGroup[] | null> {
  let rows: Record<string, unknown>[];
  try {
    const file = await asyncBufferFromFile(path);
    if (file.byteLength < 2 * magic.length) return null;
    const end = Buffer.from(await file.slice(file.byteLength - magic.length)).toString('latin1');
    if (end !== magic) {
      const start = (await firstBytes(path, magic.length)).toString('latin1');
      if (start === magic) return null;
      throw new LogError(`${path}: not a parquet file`, 'Move it away, or copy it again.');
    }
    rows = await parquetReadObjects({ file, compressors });
  } catch (error) {
    if (error instanceof LogError) throw error;
    throw new LogError(
      `${path}: the parquet file cannot be read (${reasonOf(error)})`,
      'It is damaged: copy it again from where it was written, or move it away.',
    );
  }
  const columns = Object.keys(rows[0] ?? {});
  if (rows.length > 0 && !areCompletions(columns)) {
    throw new LogError(
      `${path}: has no columns "prompt" and "completion", but ${columns.join(', ')}`,
      'Completions of TRL have them. Move other files to another folder.',
    );
  }
  return groupsOf(rows.map((row) => completionOf(row, isReward)));
}
