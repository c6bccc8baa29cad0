/** The files of a sentence-embedding model in ONNX form, in a folder as the hub has them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { t } from '@vscode/l10n';
import { InputError } from '../errors.js';

/** Where the graph may be, in this order. */
export const graphFiles = ['onnx/model.onnx', 'model.onnx'] as const;

/** Weights that a graph may keep beside it. */
export const dataOf = (graph: string): string => `${graph}_data`;

/** The files that a model cannot do without, and those that say how it is used, where they are. */
export const necessaryFiles = ['config.json', 'tokenizer.json'] as const;
export const optionalFiles = [
  'tokenizer_config.json',
  'modules.json',
  'sentence_bert_config.json',
  '1_Pooling/config.json',
] as const;

/** What to do with a model that has no ONNX form. */
export function exportHint(model: string): string {
  return t(
    'Make one: optimum-cli export onnx --model {0} --task feature-extraction <folder>, and specify that folder. Many models of the hub have one in their folder onnx.',
    model,
  );
}

/** The graph of a folder; null when it has none. */
export function graphIn(folder: string): string | null {
  const file = graphFiles.find((name) => existsSync(join(folder, name)));
  return file === undefined ? null : join(folder, file);
}

const isTorchWeights = (name: string): boolean =>
  /^(model.*\.safetensors|pytorch_model.*\.bin)(\.index\.json)?$/.test(name);

/** Whether a folder has weights of the architecture of policies, which needs no graph: the engine has its own. */
function isPolicy(folder: string): boolean {
  if (!existsSync(folder) || !readdirSync(folder).some((name) => /^model.*\.safetensors$/.test(name)))
    return false;
  try {
    const config: unknown = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    return (
      typeof config === 'object' && config !== null && 'model_type' in config && config.model_type === 'qwen3'
    );
  } catch {
    return false;
  }
}

/**
 * What a folder lacks; null when it has all files of a model.
 * @param field the setting that names it
 */
export function folderProblem(folder: string, field: string): { message: string; hint: string } | null {
  if (graphIn(folder) === null && !isPolicy(folder)) {
    const hasWeights = existsSync(folder) && readdirSync(folder).some(isTorchWeights);
    return {
      message: hasWeights
        ? t('{0}: {1} has weights for PyTorch only, no model.onnx', field, folder)
        : t('{0}: {1} lacks model.onnx', field, folder),
      hint: exportHint(folder),
    };
  }
  const missing = necessaryFiles.filter((name) => !existsSync(join(folder, name)));
  if (missing.length === 0) return null;
  return {
    message: t('{0}: {1} lacks {2}', field, folder, missing.join(t(' and '))),
    hint: t('Copy it from the model that the ONNX file was made from.'),
  };
}

/** @throws InputError when the folder lacks a file */
export function checkFolder(folder: string, field: string): void {
  const problem = folderProblem(folder, field);
  if (problem !== null) throw new InputError(`${problem.message}.`, problem.hint);
}
