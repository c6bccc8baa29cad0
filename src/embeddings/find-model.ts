/** From the name of a sentence-embedding model to the folder of its files. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { InputError, KnownError } from '../errors.js';
import {
  cachePaths,
  type DownloadOptions,
  downloadHubFile,
  HubError,
  type LoadingHooks,
  whileWatched,
} from '../hub/index.js';
import { atomicWriteJson } from '../runs/protocol/index.js';
import {
  dataOf,
  exportHint,
  folderProblem,
  graphFiles,
  necessaryFiles,
  optionalFiles,
} from './model-files.js';

/** `owner/name`, as the hub knows models; `./name` and `../name` are folders. */
const hubName = /^\w[\w.-]*\/\w[\w.-]*$/;

/** Which files of a model were downloaded: all that it has of those that are used. */
const listSchema = z.object({ commit: z.string(), files: z.array(z.string()).min(1) });
type FileList = z.infer<typeof listSchema>;

/**
 * The folder of a model: itself, or that of a model of the hub, which is downloaded on first use.
 * @param model absolute folder, or `owner/name`
 * @param field the setting that names it
 * @throws InputError when there is no such model, or it has no ONNX form
 * @throws LoadingStopped; the downloaded part is kept
 */
export async function findEmbeddingModel(model: string, field: string, hooks: LoadingHooks): Promise<string> {
  if (statSync(model, { throwIfNoEntry: false })?.isDirectory()) return model;
  if (!hubName.test(model)) {
    throw new InputError(
      `${field}: there is no folder ${model}.`,
      'Restore it, or specify another folder or a model of the hub as owner/name.',
    );
  }
  return cachedByOthers(model) ?? (await whileWatched(hooks, (options) => download(model, field, options)));
}

/** The model in the cache of Hugging Face's own programs, if it is there with its ONNX form. */
function cachedByOthers(model: string): string | null {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  const home = HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  const folder = join(HF_HUB_CACHE || join(home, 'hub'), `models--${model.replace('/', '--')}`);
  try {
    const snapshots = join(folder, 'snapshots');
    const newest = readOr(join(folder, 'refs', 'main'), '').trim();
    const revisions = [newest, ...readdirSync(snapshots)].filter((revision) => revision !== '');
    const whole = revisions.find((revision) => folderProblem(join(snapshots, revision), '') === null);
    return whole === undefined ? null : join(snapshots, whole);
  } catch {
    return null;
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

/** All files are of the commit that the hub had when the first was downloaded. */
async function download(model: string, field: string, options: DownloadOptions): Promise<string> {
  const file = (path: string, revision: string) =>
    ({ kind: 'model', repository: model, revision, path }) as const;
  const get = (path: string, revision: string) => downloadHubFile(file(path, revision), options);
  /** Null when the model does not have it. */
  const getIfThere = async (path: string, revision: string) => {
    try {
      return await get(path, revision);
    } catch (error) {
      if (error instanceof HubError && error.isMissing) return null;
      throw error;
    }
  };
  const listFile = cachePaths(options.cacheDirectory, file('g2rl-files.json', 'main')).file;
  try {
    const known = readList(listFile);
    if (known !== null) {
      const files = [];
      for (const path of known.files) files.push(await get(path, known.commit));
      return dirname(files[0]!.path);
    }
    const { commit } = await get('config.json', 'main');
    const paths: string[] = [...necessaryFiles];
    const first = await get('config.json', commit);
    await get('tokenizer.json', commit);
    for (const path of optionalFiles) if (await getIfThere(path, commit)) paths.push(path);
    let graph: string | undefined;
    for (const path of graphFiles) {
      if (graph === undefined && (await getIfThere(path, commit)) !== null) graph = path;
    }
    if (graph === undefined) {
      throw new InputError(`${field}: the model ${model} of the hub has no model.onnx.`, exportHint(model));
    }
    paths.push(graph);
    if (await getIfThere(dataOf(graph), commit)) paths.push(dataOf(graph));
    atomicWriteJson(listFile, { commit, files: paths });
    return dirname(first.path);
  } catch (error) {
    if (error instanceof InputError || !(error instanceof KnownError)) throw error;
    throw new InputError(`${field}: ${error.message}`, error.hint, { cause: error });
  }
}

function readList(file: string): FileList | null {
  try {
    return listSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}
