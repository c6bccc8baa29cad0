/** The sentence-embedding models that an experiment names. */
import { findEmbeddingModel } from '../../embeddings/index.js';
import { InputError } from '../../errors.js';
import type { Experiment } from '../../experiment/index.js';
import type { LoadingHooks } from '../../hub/index.js';
import { SentenceEmbedder } from './embeddings/index.js';
import { PolicyStates } from './policy-states.js';
import type { RuntimeOptions } from './provider.js';

export interface Embedders {
  /** Of `method.embeddingModel`, for methods that compare texts. */
  training: SentenceEmbedder | null;
  /** Of `evaluation.embeddingModel`. */
  evaluation: SentenceEmbedder | null;
  release(): Promise<void>;
}

/**
 * @param model absolute folder, or `owner/name`
 * @param field the setting that names it
 * @throws InputError when it is not usable; LoadingStopped
 */
export async function loadEmbedder(
  model: string,
  field: string,
  hooks: LoadingHooks,
  options: RuntimeOptions,
): Promise<SentenceEmbedder> {
  const folder = await findEmbeddingModel(model, field, hooks);
  return SentenceEmbedder.load(folder, field, options, PolicyStates.load);
}

/** As `loadEmbedder`. */
export async function loadEmbedders(
  { method, evaluation }: Experiment,
  hooks: LoadingHooks,
  options: RuntimeOptions,
): Promise<Embedders> {
  const ofMethod = method.name === 'evol-rl' ? method.embeddingModel : undefined;
  const ofEvaluation = evaluation.embeddingModel;
  if (method.name === 'evol-rl' && ofMethod === undefined) {
    throw new InputError(
      'method.embeddingModel: evol-rl needs one.',
      'Specify a sentence-embedding model of the hub, or its folder.',
    );
  }
  const load = (model: string | undefined, field: string) =>
    model === undefined ? null : loadEmbedder(model, field, hooks, options);
  const training = await load(ofMethod, 'method.embeddingModel');
  try {
    const own = await load(ofEvaluation === ofMethod ? undefined : ofEvaluation, 'evaluation.embeddingModel');
    return {
      training,
      evaluation: ofEvaluation === ofMethod ? training : own,
      async release() {
        await training?.release();
        await own?.release();
      },
    };
  } catch (error) {
    await training?.release();
    throw error;
  }
}
