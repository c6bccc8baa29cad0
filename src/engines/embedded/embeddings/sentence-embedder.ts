/** Embeddings of texts, as sentence-transformers and the torch engine make them. */
import { type EmbeddingModel, modelChecksum, readEmbeddingModel } from '../../../embeddings/index.js';
import { InputError } from '../../../errors.js';
import { poolTokens, unitVector } from './pooling.js';
import { TextModel, type TextStates } from './text-model.js';
import { TextTokens } from './text-tokens.js';

/** Rows of unit length; all 0 for a text without a token. */
export interface Embeddings {
  /** texts × width, row-major */
  data: Float32Array;
  width: number;
}

/** Texts of one pass, and the tokens they may have with their padding. */
const mostTexts = 64;
const mostTokens = 8192;

export class SentenceEmbedder {
  private constructor(
    private readonly model: EmbeddingModel,
    private readonly tokens: TextTokens,
    private readonly graph: TextStates,
    /** Values of an embedding. */
    readonly width: number,
    /** SHA-256 of the model, for what depends on it. */
    readonly checksum: string,
  ) {}

  /**
   * @param field the setting that names the model, for messages
   * @param statesOfPolicy the states of a model that has no graph: one of the architecture of policies
   * @throws InputError when it is not usable
   */
  static async load(
    folder: string,
    field: string,
    { threads }: { threads: number },
    statesOfPolicy: (folder: string, threads: number) => TextStates,
  ): Promise<SentenceEmbedder> {
    const model = readEmbeddingModel(folder, field);
    const tokens = new TextTokens(model);
    const { graph: file } = model;
    const graph =
      file === null
        ? statesOfPolicy(folder, threads)
        : await TextModel.load({ ...model, graph: file }, threads);
    try {
      const width = await probe(model, graph, tokens.vocabularySize - 1);
      return new SentenceEmbedder(model, tokens, graph, width, await modelChecksum(model));
    } catch (error) {
      await graph.release();
      throw error;
    }
  }

  /**
   * Equal texts are read once.
   * @throws InputError when an embedding is NaN or infinite
   */
  async embed(texts: readonly string[]): Promise<Embeddings> {
    const { width } = this;
    const different = [...new Set(texts)];
    const rows = new Map(different.map((text) => [text, new Float32Array(width)] as const));
    const encoded = different
      .map((text) => ({ ids: this.tokens.encode(text), row: rows.get(text)! }))
      .filter(({ ids }) => ids.length > 0)
      .sort((a, b) => a.ids.length - b.ids.length);
    for (const batch of batchesOf(encoded)) await this.#embedBatch(batch);
    const data = new Float32Array(texts.length * width);
    for (const [place, text] of texts.entries()) data.set(rows.get(text)!, place * width);
    if (data.every(Number.isFinite)) return { data, width };
    throw new InputError(
      `${this.model.field}: ${this.model.graph} gives embeddings that are NaN or infinite.`,
      'The file may be damaged: copy or download it again, or choose another model.',
    );
  }

  async #embedBatch(batch: readonly { ids: number[]; row: Float32Array }[]): Promise<void> {
    const ids = batch.map((text) => text.ids);
    const { data, shape } = await this.graph.run({ ids, tokens: ids.at(-1)!.length });
    if (shape.length === 3) {
      const lengths = ids.map(({ length }) => length);
      poolTokens(data, lengths, this.width, this.model.pooling, (row) => batch[row]!.row);
    } else {
      for (const [place, { row }] of batch.entries()) {
        unitVector(data.subarray(place * this.width, (place + 1) * this.width), row);
      }
    }
  }

  release(): Promise<void> {
    return this.graph.release();
  }
}

/** Slices of few enough texts; the last of a slice is its longest. */
function batchesOf<Text extends { ids: number[] }>(sorted: readonly Text[]): Text[][] {
  const batches: Text[][] = [];
  let batch: Text[] = [];
  for (const text of sorted) {
    if (batch.length === mostTexts || (batch.length + 1) * text.ids.length > mostTokens) {
      if (batch.length > 0) batches.push(batch);
      batch = [];
    }
    batch.push(text);
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** Runs texts of different lengths through the graph, one of them of the largest token id. Returns the width. */
async function probe(model: EmbeddingModel, graph: TextStates, largestId: number): Promise<number> {
  const { shape } = await graph.run({ ids: [[0], [0, 0]], tokens: 2 });
  try {
    await graph.run({ ids: [[largestId]], tokens: 1 });
  } catch (error) {
    throw new InputError(
      `${model.field}: the tokenizer of ${model.folder} has token ids up to ${largestId}, which ${model.graph ?? 'the model'} does not have.`,
      'The files are of different models: copy tokenizer.json from the model that the ONNX file was made from.',
      { cause: error },
    );
  }
  return shape.at(-1)!;
}
