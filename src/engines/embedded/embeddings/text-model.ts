/** The ONNX graph of a sentence-embedding model: what it takes, what it gives, and running it on a batch of texts. */
import * as ort from 'onnxruntime-node';
import type { EmbeddingModel } from '../../../embeddings/index.js';
import { InputError, reasonOf } from '../../../errors.js';

/** Token ids of texts, padded on the right. */
export interface TokenBatch {
  /** rows × tokens */
  ids: number[][];
  tokens: number;
}

export interface ModelOutput {
  data: Float32Array;
  /** [rows, tokens, width], or [rows, width] of a model that pools itself. */
  shape: readonly number[];
}

/** A model that has a graph. */
export type GraphModel = EmbeddingModel & { graph: string };

/** What gives states of the tokens of texts, or embeddings of texts. */
export interface TextStates {
  run(batch: TokenBatch): Promise<ModelOutput>;
  release(): Promise<void>;
}

/** Values of the inputs that such a model may have, by row and place. */
const inputValues: Readonly<Record<string, (length: number, place: number, id: number) => number>> = {
  input_ids: (_length, _place, id) => id,
  attention_mask: (length, place) => Number(place < length),
  token_type_ids: () => 0,
  position_ids: (_length, place) => place,
};

/** Outputs in the order in which they are wanted; with others the first that has the form of one. */
const wantedOutputs = ['sentence_embedding', 'last_hidden_state', 'token_embeddings'];

const exportAgain =
  'Export it again: optimum-cli export onnx --model <model> --task feature-extraction <folder>.';

const rankOf = (output: ort.InferenceSession.ValueMetadata): number =>
  output.isTensor ? output.shape.length : 0;

export class TextModel implements TextStates {
  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly model: GraphModel,
    private readonly output: string,
  ) {}

  /** @throws InputError when the file is damaged, or of no text model */
  static async load(model: GraphModel, threads: number): Promise<TextModel> {
    const session = await open(model, threads);
    try {
      for (const input of session.inputMetadata) checkInput(input, model);
      if (!session.inputNames.includes('input_ids')) {
        const inputs = session.inputNames.join(', ') || 'none';
        throw refusal(model, `takes no input_ids (its inputs: ${inputs}): it is no text model`, otherModel);
      }
      return new TextModel(session, model, chooseOutput(session, model));
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /** @throws InputError when the graph cannot be run on it, or gives something else than embeddings */
  async run({ ids, tokens }: TokenBatch): Promise<ModelOutput> {
    const feeds: Record<string, ort.Tensor> = {};
    for (const { name, ...input } of this.session.inputMetadata) {
      feeds[name] = inputTensor(name, input.isTensor ? input.type : 'int64', { ids, tokens }, this.model);
    }
    let result: ort.Tensor;
    try {
      const results = await this.session.run(feeds, [this.output]);
      result = results[this.output] as ort.Tensor;
    } catch (error) {
      throw refusal(this.model, `cannot be run (${reasonOf(error)})`, exportAgain);
    }
    const { dims, data } = result;
    const isOfTokens = dims.length === 3 && dims[0] === ids.length && dims[1] === tokens;
    const isOfTexts = dims.length === 2 && dims[0] === ids.length;
    if (!(data instanceof Float32Array) || !(isOfTokens || isOfTexts)) {
      const shape = `${this.output} of shape [${dims.join(', ')}] for ${ids.length} texts of ${tokens} tokens`;
      throw refusal(this.model, `gives ${shape}, not [texts, tokens, width] or [texts, width]`, exportAgain);
    }
    return { data, shape: dims };
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

const otherModel = 'Specify a sentence-embedding model, such as sentence-transformers/all-MiniLM-L6-v2.';

const refusal = ({ field, graph }: GraphModel, problem: string, hint: string): InputError =>
  new InputError(`${field}: ${graph} ${problem}.`, hint);

async function open(model: GraphModel, threads: number): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(model.graph, {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
  } catch (error) {
    throw refusal(
      model,
      `cannot be loaded (${reasonOf(error)})`,
      'The file is damaged or incomplete, or lacks the file of weights beside it: copy or download it again.',
    );
  }
}

function checkInput(input: ort.InferenceSession.ValueMetadata, model: GraphModel): void {
  if (!Object.hasOwn(inputValues, input.name)) {
    throw refusal(model, `has the input ${input.name}, which models of this kind do not have`, exportAgain);
  }
  if (!input.isTensor || (input.type !== 'int64' && input.type !== 'int32')) {
    throw refusal(model, `has the input ${input.name}, which does not take token ids`, exportAgain);
  }
}

function inputTensor(
  name: string,
  type: string,
  { ids, tokens }: TokenBatch,
  { padTokenId }: GraphModel,
): ort.Tensor {
  const values = new Int32Array(ids.length * tokens);
  for (const [row, own] of ids.entries()) {
    for (let place = 0; place < tokens; place++) {
      values[row * tokens + place] = inputValues[name]!(own.length, place, own[place] ?? padTokenId);
    }
  }
  const shape = [ids.length, tokens];
  return type === 'int32'
    ? new ort.Tensor('int32', values, shape)
    : new ort.Tensor('int64', BigInt64Array.from(values, BigInt), shape);
}

function chooseOutput({ outputMetadata }: ort.InferenceSession, model: GraphModel): string {
  const candidates = outputMetadata.filter(
    (output) =>
      output.isTensor &&
      output.type === 'float32' &&
      [2, 3].includes(rankOf(output)) &&
      !/logits/.test(output.name),
  );
  const named = wantedOutputs.flatMap((name) => candidates.filter((output) => output.name === name));
  const ofTokens = candidates.filter((output) => rankOf(output) === 3);
  const [chosen] = [...named, ...ofTokens, ...candidates];
  if (chosen !== undefined) return chosen.name;
  const outputs = outputMetadata
    .map((output) => `${output.name} ${output.isTensor ? `${output.type} [${output.shape.join(', ')}]` : ''}`)
    .join('; ');
  throw refusal(model, `gives no embeddings, but ${outputs}`, exportAgain);
}
