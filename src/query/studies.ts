/** Questions about studies: which there are, and what one has found. */
import { z } from 'zod';
import { RunFileError } from '../runs/protocol/index.js';
import { findStudy, listStudyFolders, readStudy, studiesDirectoryOf } from '../studies/folder/index.js';
import { reportStudy, scoreTable } from '../studies/report/index.js';
import { cut, define, leftOut, limitArgument } from './query.js';

export const studies = define('studies', {
  about: 'Which studies there are, newest first',
  arguments: { limit: limitArgument(20, 200) },
  answer: {
    studies: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        state: z.string(),
        runs: z.int(),
        begun: z.int(),
        variants: z.array(z.string()),
        file: z.string(),
      }),
    ),
    unreadable: z.array(z.string()),
    ...leftOut,
  },
  async ask({ root }, { limit }) {
    const folders = (await listStudyFolders(studiesDirectoryOf(root))).reverse();
    const { items, ...rest } = cut(folders, limit, 'a larger limit');
    const unreadable: string[] = [];
    const found = [];
    for (const folder of items) {
      try {
        const { manifest, state, runs } = await readStudy(folder);
        found.push({
          id: manifest.id,
          name: manifest.name,
          state,
          runs: runs.length,
          begun: runs.filter(({ directory }) => directory !== null).length,
          variants: Object.keys(manifest.study.variants),
          file: manifest.file,
        });
      } catch (error) {
        if (!(error instanceof RunFileError)) throw error;
        unreadable.push(`${error.message} ${error.hint}`.trim());
      }
    }
    return { studies: found, unreadable, ...rest };
  },
});

export const study = define('study', {
  about:
    'What a study has found: scores of its variants, one sentence each, and what to know before believing it',
  arguments: { study: z.string().min(1).describe('Its id, a part of the id, its folder, or its file') },
  answer: {
    study: z.string(),
    name: z.string(),
    state: z.string(),
    runs: z.object({ planned: z.int(), finished: z.int() }),
    benchmark: z.string(),
    metric: z.string(),
    sentences: z.array(z.string()),
    notes: z.array(z.string()),
    columns: z.array(z.string()),
    rows: z
      .array(z.array(z.union([z.string(), z.number(), z.null()])))
      .describe('A variant each; * where the difference to the baseline can be claimed'),
    ...leftOut,
  },
  async ask({ root }, { study: query }) {
    const report = await reportStudy(await findStudy(studiesDirectoryOf(root), query));
    const { columns, rows } = scoreTable(report);
    const others = Object.keys(report.benchmarks);
    return {
      study: report.study,
      name: report.name,
      state: report.state,
      runs: report.runs,
      benchmark: report.benchmark,
      metric: report.metric,
      sentences: report.sentences.length > 0 ? report.sentences : [report.sentence],
      notes: report.notes,
      columns: [...columns],
      rows: rows.map((row) =>
        row.map((cell) => (typeof cell === 'string' || typeof cell === 'number' ? cell : null)),
      ),
      left_out: others.length,
      ...(others.length > 0 && { more: `further benchmarks (${others.join(', ')}): g2rl study report` }),
    };
  },
});
