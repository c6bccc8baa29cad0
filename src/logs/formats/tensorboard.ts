/** TensorBoard: a run is a folder with one event file, or several after restarts. */
import { basename, dirname, join, relative } from 'node:path';
import { decodeEvent, readFrames } from '../../tensorboard/index.js';
import { filesBelow, isFolder, namesOf, readEach, readGrowing } from './growing.js';
import { type FoundRun, LogError, type LogFormat, type LogSink, type Marks } from './log.js';
import { settingsOfText } from './settings-text.js';

const isEventFile = (name: string): boolean => name.includes('.tfevents.');

/** The time in the name of an event file, in milliseconds; 0 where it has none. */
const createdOf = (file: string): number => 1000 * Number(/\.tfevents\.(\d{9,11})\./.exec(file)?.[1] ?? 0);

function runOf(folder: string, root: string, file: string): FoundRun {
  const name = relative(root, folder) || basename(folder);
  return { format: 'tensorboard', source: folder, run: '', name, created: createdOf(file) };
}

/** Gives the scalars of an event file, by the names that they are to have. Its mark is the end of the last whole record. */
export async function readEvents(
  file: string,
  key: string,
  marks: Marks,
  sink: LogSink,
  signal: AbortSignal,
  nameOf = (tag: string): string => tag,
): Promise<void> {
  await readGrowing(file, key, marks, signal, ({ bytes, offset, size }) => {
    const { whole, damaged } = readFrames(bytes, (data, place) => {
      const { step, wallTime, scalars, texts, isSessionStart } = eventOf(file, data, offset + place);
      if (isSessionStart) sink.resumed(step);
      if (scalars.length > 0) {
        sink.values(
          step,
          wallTime,
          scalars.map(([tag, value]): [string, number] => [nameOf(tag), value]),
        );
      }
      for (const [tag, text] of texts) {
        const settings = tag.startsWith('args/') ? settingsOfText(text) : null;
        if (settings) sink.facts({ settings });
      }
    });
    if (damaged === 0 && offset === 0 && bytes[0] === 0x1f && bytes[1] === 0x8b) {
      throw new LogError(`${file}: compressed`, 'Unpack it first, as with "gunzip".');
    }
    if (damaged !== null) {
      throw new LogError(
        `${file}, offset ${offset + damaged}: the checksum of a record is wrong`,
        'What stands before it was read. The file is damaged there: copy it again from where it was written.',
      );
    }
    sink.progress((offset + whole) / size);
    return whole;
  });
}

function eventOf(file: string, data: Buffer, offset: number) {
  try {
    return decodeEvent(data);
  } catch {
    throw new LogError(
      `${file}, offset ${offset}: a record that is no event`,
      'The file is of another program, or of a later version of TensorBoard.',
    );
  }
}

export const tensorboard: LogFormat = {
  name: 'tensorboard',
  title: 'TensorBoard',
  depth: 0,

  async find(path) {
    if (!(await isFolder(path))) {
      return isEventFile(basename(path)) ? [runOf(dirname(path), dirname(path), path)] : [];
    }
    const files = await filesBelow(path, isEventFile, 6);
    const folders = Map.groupBy(files, (file) => dirname(file));
    return [...folders].map(([folder, [first = '']]) => runOf(folder, path, first));
  },

  async read({ source }, marks, sink, signal) {
    const names = (await namesOf(source)).filter(isEventFile);
    await readEach(names, signal, (name) => readEvents(join(source, name), name, marks, sink, signal));
  },
};
