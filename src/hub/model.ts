/** The files of a model of the hub in one folder: downloaded once, all of one commit. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { InputError, KnownError } from '../errors.js';
import { isHubName } from '../hub-name.js';
import { atomicWriteJson } from '../runs/protocol/index.js';
import { cachePaths } from './cache.js';
import { type DownloadOptions, downloadHubFile } from './download.js';
import { HubError } from './hub-error.js';
import { type LoadingHooks, whileWatched } from './watch.js';

/** Gets one file of a model into its folder and gives its path, or null when the model does not have it. */
export interface ModelFile {
  (path: string): Promise<string>;
  ifThere(path: string): Promise<string | null>;
}

/** Which files of a model are used. */
export interface ModelFiles {
  /** Names what was downloaded for this purpose. */
  list: string;
  /** Whether a folder has them all: another program may have downloaded the model. */
  isWhole(folder: string): boolean;
  /** Gets them beside config.json, and names them. @throws InputError when the model cannot be used */
  download(get: ModelFile): Promise<string[]>;
}

/** Which files were downloaded: all that the model has of those that are used. */
const listSchema = z.object({ commit: z.string(), files: z.array(z.string()).min(1) });
type FileList = z.infer<typeof listSchema>;

/**
 * The folder of a model: itself, or that of a model of the hub, which is downloaded on first use.
 * @param model absolute folder, or `owner/name`
 * @param field the setting, or the file and its key, that names it
 * @throws InputError when there is no such model, or it has not the files; LoadingStopped, the downloaded part is kept
 */
export async function findModel(
  model: string,
  field: string,
  files: ModelFiles,
  hooks: LoadingHooks,
): Promise<string> {
  if (statSync(model, { throwIfNoEntry: false })?.isDirectory()) return model;
  if (!isHubName(model)) {
    throw new InputError(
      `${field}: there is no folder ${model}.`,
      'Restore it, or specify another folder or a model of the hub as owner/name.',
    );
  }
  return (
    cachedByOthers(model, files) ??
    (await whileWatched(hooks, (options) => download(model, field, files, options)))
  );
}

/** The model in the cache of Hugging Face's own programs, if it is there with all files. */
function cachedByOthers(model: string, files: ModelFiles): string | null {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env;
  const home = HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  const folder = join(HF_HUB_CACHE || join(home, 'hub'), `models--${model.replace('/', '--')}`);
  try {
    const snapshots = join(folder, 'snapshots');
    const newest = readOr(join(folder, 'refs', 'main'), '').trim();
    const revisions = [newest, ...readdirSync(snapshots)].filter((revision) => revision !== '');
    const whole = revisions.find((revision) => files.isWhole(join(snapshots, revision)));
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
async function download(
  model: string,
  field: string,
  files: ModelFiles,
  options: DownloadOptions,
): Promise<string> {
  const file = (path: string, revision: string) =>
    ({ kind: 'model', repository: model, revision, path }) as const;
  const get = (path: string, revision: string) => downloadHubFile(file(path, revision), options);
  const getOf = (commit: string): ModelFile => {
    const getOne = async (path: string) => (await get(path, commit)).path;
    const ifThere = async (path: string) => {
      try {
        return await getOne(path);
      } catch (error) {
        if (error instanceof HubError && error.isMissing) return null;
        throw error;
      }
    };
    return Object.assign(getOne, { ifThere });
  };
  const listFile = cachePaths(options.cacheDirectory, file(files.list, 'main')).file;
  try {
    const known = readList(listFile);
    if (known !== null) {
      const paths = [];
      for (const path of known.files) paths.push((await get(path, known.commit)).path);
      return dirname(paths[0]!);
    }
    const { commit } = await get('config.json', 'main');
    const first = await get('config.json', commit);
    const others = await files.download(getOf(commit));
    atomicWriteJson(listFile, { commit, files: ['config.json', ...others] });
    return dirname(first.path);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    const said = error.message.startsWith(`${field}: `) ? error.message : `${field}: ${error.message}`;
    throw new InputError(said, error.hint, { cause: error });
  }
}

function readList(file: string): FileList | null {
  try {
    return listSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}
