/** lm-evaluation-harness: `results_*.json` of one model, perhaps of several of its checkpoints. */
import { basename, dirname, relative } from 'node:path';
import { filesBelow, firstBytes, isFolder, modified, signature } from './growing.js';
import type { FoundRun, LogFormat } from './log.js';

const resultsFile = /^results.*\.json$/;
/** The step in the name of a checkpoint: of transformers, verl, G2RL Lab and others. */
const stepInPath = /(?:checkpoint|global_step|step|iter)[-_](\d+)/gi;

async function isResults(file: string): Promise<boolean> {
  return /^\s*\{\s*"(results|config|groups)"/.test((await firstBytes(file, 4096)).toString('utf8'));
}

const runOf = async (folder: string, root: string, file: string): Promise<FoundRun> => ({
  format: 'lm-evaluation-harness',
  source: folder,
  run: '',
  name: relative(root, folder) || basename(folder),
  created: await modified(file),
});

const filesOf = (folder: string, depth: number): Promise<string[]> =>
  filesBelow(folder, (name) => resultsFile.test(name), depth);

export const harness: LogFormat = {
  name: 'lm-evaluation-harness',
  title: 'lm-evaluation-harness',
  depth: 0,

  async find(path) {
    if (!(await isFolder(path))) {
      const isOne = resultsFile.test(basename(path)) && (await isResults(path));
      return isOne ? [await runOf(dirname(path), dirname(path), path)] : [];
    }
    const files = await filesOf(path, 3);
    const checked = await Promise.all(files.map(async (file) => ((await isResults(file)) ? [file] : [])));
    const folders = Map.groupBy(checked.flat(), (file) => dirname(file));
    return Promise.all([...folders].map(([folder, [first = '']]) => runOf(folder, path, first)));
  },

  async read({ source }, marks, sink, signal) {
    for (const file of await filesOf(source, 0)) {
      signal.throwIfAborted();
      const sign = await signature(file);
      const key = basename(file);
      if (marks[key] === sign || !(await isResults(file))) continue;
      const step = [...file.matchAll(stepInPath)].at(-1)?.[1] ?? 0;
      await sink.results(file, Number(step));
      marks[key] = sign;
    }
  },
};
