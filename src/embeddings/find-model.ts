/** From the name of a sentence-embedding model to the folder of its files. */
import { InputError } from '../errors.js';
import { findModel, type LoadingHooks, type ModelFile } from '../hub/index.js';
import {
  dataOf,
  exportHint,
  folderProblem,
  graphFiles,
  necessaryFiles,
  optionalFiles,
} from './model-files.js';

/**
 * The folder of a model: itself, or that of a model of the hub, which is downloaded on first use.
 * @param model absolute folder, or `owner/name`
 * @param field the setting that names it
 * @throws InputError when there is no such model, or it has no ONNX form
 * @throws LoadingStopped; the downloaded part is kept
 */
export async function findEmbeddingModel(model: string, field: string, hooks: LoadingHooks): Promise<string> {
  const isWhole = (folder: string) => folderProblem(folder, '') === null;
  const download = (get: ModelFile) => getFiles(model, field, get);
  return findModel(model, field, { list: 'g2rl-files.json', isWhole, download }, hooks);
}

async function getFiles(model: string, field: string, get: ModelFile): Promise<string[]> {
  const paths = necessaryFiles.filter((path) => path !== 'config.json') as string[];
  for (const path of paths) await get(path);
  for (const path of optionalFiles) if (await get.ifThere(path)) paths.push(path);
  let graph: string | undefined;
  for (const path of graphFiles) {
    if (graph === undefined && (await get.ifThere(path)) !== null) graph = path;
  }
  if (graph === undefined) {
    throw new InputError(`${field}: the model ${model} of the hub has no model.onnx.`, exportHint(model));
  }
  paths.push(graph);
  if (await get.ifThere(dataOf(graph))) paths.push(dataOf(graph));
  return paths;
}
