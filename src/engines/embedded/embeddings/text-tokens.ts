/** From texts to the token ids that a sentence-embedding model reads. */
import { Tokenizer } from '@huggingface/tokenizers';
import type { EmbeddingModel } from '../../../embeddings/index.js';
import { InputError, reasonOf } from '../../../errors.js';

export class TextTokens {
  /** 1 + the largest token id. */
  readonly vocabularySize: number;
  readonly #tokenizer: Tokenizer;
  readonly #longest: number;

  /** @throws InputError when the tokenizer cannot be used, or has ids that the model lacks */
  constructor({ field, folder, tokenizer, tokenizerConfig, longest, vocabulary }: EmbeddingModel) {
    this.#longest = longest;
    try {
      this.#tokenizer = new Tokenizer(tokenizer, tokenizerConfig);
      // What is wrong with its parts shows when it is used.
      this.#tokenizer.encode('A text.');
    } catch (error) {
      throw new InputError(
        `${field}: the tokenizer.json of ${folder} cannot be used (${reasonOf(error)}).`,
        'Choose another model; those of the BERT family have tokenizers that can.',
      );
    }
    let largest = -1;
    for (const id of this.#tokenizer.get_vocab(true).values()) largest = Math.max(largest, id);
    this.vocabularySize = largest + 1;
    if (vocabulary !== null && this.vocabularySize > vocabulary) {
      throw new InputError(
        `${field}: the tokenizer of ${folder} has token ids up to ${largest}, its config.json has vocab_size ${vocabulary}.`,
        'The files are of different models: copy tokenizer.json from the model that the ONNX file was made from.',
      );
    }
  }

  /** Of a longer text the end is left out, special tokens at its end are not. */
  encode(text: string): number[] {
    const whole = this.#ids(text, true);
    if (whole.length <= this.#longest) return whole;
    const content = this.#ids(text, false);
    const special = whole.length - content.length;
    const start = Array.from({ length: special + 1 }, (_, place) => place).find((place) =>
      content.every((id, index) => whole[place + index] === id),
    );
    if (start === undefined) return whole.slice(0, this.#longest);
    const kept = content.slice(0, Math.max(0, this.#longest - special));
    return [...whole.slice(0, start), ...kept, ...whole.slice(start + content.length)].slice(
      0,
      this.#longest,
    );
  }

  #ids(text: string, special: boolean): number[] {
    const ids: (number | undefined)[] = this.#tokenizer.encode(text, { add_special_tokens: special }).ids;
    // What the vocabulary lacks has no id there.
    return ids.filter((id) => id !== undefined);
  }
}
