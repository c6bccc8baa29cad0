/** Who judged: results keep it, for another version may judge some responses differently. */

/** A type, for a record of a file may have further fields. */
export type JudgeIdentity = {
  name: string;
  version: number;
};

/** The version is raised whenever a verdict may be another one than before. */
export const JUDGE: JudgeIdentity = { name: 'g2rl', version: 2 };
