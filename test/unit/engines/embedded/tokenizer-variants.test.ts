/** Every variant of a tokenizer's files reads and writes as in transformers, or is refused by file and key. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type ChatMessage, plainPrompt } from '../../../../src/benchmarks/prompts.js';
import { Tokenizer } from '../../../../src/engines/embedded/model/tokenizer.js';
import { InputError } from '../../../../src/errors.js';
import { scratch } from '../../../scratch.js';

/** A line of tokenizers.json, as make_tokenizers.py says. */
interface Variant {
  name: string;
  base: string;
  json?: Record<string, unknown>;
  model?: Record<string, unknown>;
  config?: Record<string, unknown>;
  files?: Record<string, unknown>;
  ids?: number[][];
  decoded?: string[];
  prompt?: number[];
  end?: number;
  error?: string;
  refused?: string;
}

interface TokenizerJson {
  model: object;
}

const { texts, messages, bases, variants } = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../../fixtures/qwen3/tokenizers.json'), 'utf8'),
) as {
  texts: string[];
  messages: ChatMessage[];
  bases: Record<string, TokenizerJson>;
  variants: Variant[];
};

function written({ base, json, model, config, files }: Variant): string {
  const folder = scratch();
  const whole = bases[base]!;
  const contents = {
    'tokenizer.json': { ...whole, ...json, model: { ...whole.model, ...model } },
    ...(config && { 'tokenizer_config.json': config }),
    ...files,
  };
  for (const [name, content] of Object.entries(contents)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** The library loses a byte order mark within a text where that is written in bytes. */
const withoutMarks = (text: string) => text.replaceAll('\uFEFF', '');

function read(variant: Variant) {
  const tokenizer = Tokenizer.load(written(variant));
  const ids = texts.map((text) => tokenizer.encodePrompt(text));
  return {
    ids,
    decoded: ids.map((tokens) => withoutMarks(tokenizer.decode(tokens))),
    prompt: tokenizer.encodePrompt(tokenizer.chat(messages) ?? plainPrompt(messages)),
    end: tokenizer.endTokenId,
    size: tokenizer.vocabularySize,
  };
}

test.each(variants)('$name', (variant) => {
  if (variant.refused !== undefined) {
    expect(() => read(variant)).toThrow(InputError);
    expect(() => read(variant)).toThrow(variant.refused);
    return;
  }
  const { ids, decoded, prompt, end = null } = variant;
  const { size, ...found } = read(variant);
  // A token that the vocabulary lacks transformers adds to it: no policy has learned to write that.
  const own = end !== null && end >= size ? null : end;
  expect(found).toEqual({ ids, decoded: decoded?.map(withoutMarks), prompt, end: own });
});

test('most variants are read, not refused', () => {
  expect(variants.filter(({ refused }) => refused === undefined).length).toBeGreaterThan(50);
});
