/** tokenizer.json as transformers reads it: what the library of tokenizers does not do the same is refused by its key. */
import { z } from 'zod';
import { InputError } from '../../../errors.js';

const part = z.looseObject({ type: z.string() });
type Part = z.infer<typeof part>;

const addedToken = z.looseObject({
  id: z.int().min(0),
  content: z.string(),
  special: z.boolean().default(false),
  normalized: z.boolean().default(true),
  single_word: z.boolean().default(false),
});

const fileSchema = z.looseObject({
  added_tokens: z.array(addedToken).default([]),
  normalizer: part.nullable().default(null),
  pre_tokenizer: part.nullable().default(null),
  post_processor: part.nullable().default(null),
  decoder: part.nullable().default(null),
  model: z.looseObject({
    type: z.string().default('BPE'),
    /** Of a Unigram model a list of texts with their scores. */
    vocab: z.union([z.record(z.string(), z.int().min(0)), z.array(z.tuple([z.string(), z.number()]))]),
    unk_token: z.string().nullish(),
    /** Of a Unigram model. */
    unk_id: z.int().min(0).nullish(),
  }),
});
export type TokenizerJson = z.infer<typeof fileSchema>;

/** What of tokenizer_config.json decides how a text is read. */
export interface ReadingSettings {
  tokenizerClass: string | null;
  addPrefixSpace: boolean;
  /** A first or a last token, which transformers adds where there is no post-processor. */
  addsTokens: boolean;
  splitSpecialTokens: boolean;
  /** By id. */
  addedTokens: Readonly<Record<string, { content: string }>>;
  /** Texts of the tokens with a role, such as the end of a text, and of further special ones. */
  specialTokens: readonly string[];
}

function idsOf({ vocab }: TokenizerJson['model']): Map<string, number> {
  if (Array.isArray(vocab)) return new Map(vocab.map(([text], id) => [text, id]));
  return new Map(Object.entries(vocab));
}

/** Classes, without their `Fast`, that read tokenizer.json as it is. */
const filesOwn = new Set(['PreTrainedTokenizer', 'TokenizersBackend']);

/** Of Qwen2Tokenizer, which builds its parts itself and takes vocabulary, merges and post-processor from the file. */
const qwenPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** White space as the tokenizers' patterns have it; JavaScript's lacks U+0085 and has U+FEFF. */
const spaces = '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

/** A pattern with its white space written out. */
function withSpaces(source: string): string {
  let isClass = false;
  return source.replace(/\\s|\\S|\\.|[[\]]/gs, (found) => {
    if (found === '[' || found === ']') isClass = found === '[';
    if (found === '\\s') return isClass ? spaces : `[${spaces}]`;
    return found === '\\S' ? `[^${spaces}]` : found;
  });
}

const bytePattern = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const isolated = (source: string): Part => ({
  type: 'Split',
  pattern: { Regex: withSpaces(source) },
  behavior: 'Isolated',
  invert: false,
});

/** A pre-tokenizer by patterns that mean the same in JavaScript. */
function translated(it: Part): Part {
  if (it.type === 'Sequence') return { ...it, pretokenizers: listed(it.pretokenizers).map(translated) };
  const source = (it.pattern as { Regex?: string } | undefined)?.Regex;
  if (it.type === 'Split' && source !== undefined) return isolated(source);
  if (it.type === 'Digits') return isolated(it.individual_digits === true ? '\\p{N}' : '\\p{N}+');
  if (it.type !== 'ByteLevel' || it.use_regex === false || it.add_prefix_space === true) return it;
  return { type: 'Sequence', pretokenizers: [isolated(bytePattern), { ...it, use_regex: false }] };
}

function asQwen(json: TokenizerJson, addPrefixSpace: boolean): TokenizerJson {
  const split = { type: 'Split', pattern: { Regex: qwenPattern }, behavior: 'Isolated', invert: false };
  const bytes = { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: false };
  const { vocab, merges } = json.model;
  return {
    ...json,
    normalizer: { type: 'NFC' },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [split, bytes] },
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', vocab, merges, unk_token: null },
  };
}

/**
 * What the library is to read.
 * @throws InputError by file and key
 */
export function readTokenizerJson(content: unknown, settings: ReadingSettings, path: string): TokenizerJson {
  const refuse = (message: string, file = path) => {
    throw new InputError(
      `${file}: ${message}.`,
      'The embedded engine reads tokenizers of byte pairs as Qwen3, Llama 3 and SentencePiece have them; the torch engine reads this one.',
    );
  };
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  const unread = settingsProblem(parsed.data, settings);
  if (unread !== null) return refuse(unread, path.replace(/tokenizer\.json$/, 'tokenizer_config.json'));
  const isQwen = classOf(settings) === 'Qwen2Tokenizer' && parsed.data.model.type === 'BPE';
  const json = isQwen ? asQwen(parsed.data, settings.addPrefixSpace) : parsed.data;
  const unsupported = modelProblem(json) ?? partProblem(json) ?? addedProblem(json);
  if (unsupported !== null) return refuse(unsupported);
  const pre = json.pre_tokenizer && translated(json.pre_tokenizer);
  return withSpecialTokens({ ...json, pre_tokenizer: pre }, settings.specialTokens);
}

/** What stands for characters that the vocabulary lacks; null when they are left out. */
export function unknownIdOf({ model }: TokenizerJson): number | null {
  return model.unk_id ?? idsOf(model).get(model.unk_token ?? '') ?? null;
}

const classOf = ({ tokenizerClass }: ReadingSettings): string =>
  tokenizerClass?.replace(/Fast$/, '') ?? 'Qwen2Tokenizer';

/** What tokenizer_config.json asks for that is not done. */
function settingsProblem(json: TokenizerJson, settings: ReadingSettings): string | null {
  const name = classOf(settings);
  const isOfBytes = JSON.stringify(json.pre_tokenizer).includes('"ByteLevel"');
  const isRead = name === 'Qwen2Tokenizer' || filesOwn.has(name) || (name === 'LlamaTokenizer' && isOfBytes);
  if (!isRead)
    return `tokenizer_class is "${settings.tokenizerClass}", which reads texts in a way of its own`;
  if (settings.splitSpecialTokens) return 'split_special_tokens is true; only false is supported';
  if (settings.addsTokens && json.post_processor === null)
    return 'add_bos_token or add_eos_token is true; only false is supported without a post_processor';
  const contents = new Map(json.added_tokens.map(({ id, content }) => [id, content]));
  for (const [id, { content }] of Object.entries(settings.addedTokens)) {
    if (contents.get(Number(id)) !== content)
      return `added_tokens_decoder.${id} is ${JSON.stringify(content)}, which tokenizer.json does not have there`;
  }
  return null;
}

/** Options of byte pair encoding that the library ignores or does otherwise. */
function modelProblem({ model }: TokenizerJson): string | null {
  if (model.type !== 'BPE' && model.type !== 'Unigram')
    return `model.type is "${model.type}"; only "BPE" and "Unigram" are supported`;
  for (const key of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix']) {
    if (model[key]) return `model.${key} is ${JSON.stringify(model[key])}; only null is supported`;
  }
  const ids = idsOf(model);
  // With all bytes in the vocabulary nothing is unknown.
  const everyByte = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  );
  const fallsBack = model.byte_fallback === true && everyByte.every((token) => ids.has(token));
  if (model.fuse_unk === true && model.unk_token != null && !fallsBack)
    return 'model.fuse_unk is true; only false is supported where a character may be unknown';
  return null;
}

const listed = (value: unknown): Part[] => (Array.isArray(value) ? (value as Part[]) : []);
const isText = (pattern: unknown): boolean =>
  typeof (pattern as { String?: unknown } | undefined)?.String === 'string';

type Rule = (part: Part) => boolean;
const always: Rule = () => true;

/** Patterns that JavaScript reads as Oniguruma does: what models of this kind are split by. */
function isPlainPattern(pattern: unknown): boolean {
  if (isText(pattern)) return true;
  const source = (pattern as { Regex?: unknown } | undefined)?.Regex;
  // Possessive and atomic groups, look-behind, POSIX classes, and \w, \d, \b, which are ASCII in JavaScript.
  return (
    typeof source === 'string' &&
    !/[+*?]\+|\{[\d,]+\}\+|\(\?>|\(\?<|\[\[:|\\[wWdDbBhHXRAzZG]|\[[^\]]*\\S/.test(source)
  );
}

const normalizers: Record<string, Rule> = {
  NFC: always,
  NFD: always,
  NFKC: always,
  NFKD: always,
  Prepend: always,
  Replace: ({ pattern }) => isText(pattern),
  Sequence: (it) => listed(it.normalizers).every((one) => allows(normalizers, one)),
};
const preTokenizers: Record<string, Rule> = {
  ByteLevel: always,
  Digits: always,
  Split: ({ behavior, invert, pattern }) =>
    behavior === 'Isolated' && invert !== true && isPlainPattern(pattern),
  Sequence: (it) => listed(it.pretokenizers).every((one) => allows(preTokenizers, one)),
};
const decoders: Record<string, Rule> = {
  ByteLevel: always,
  ByteFallback: always,
  Fuse: always,
  Replace: ({ pattern }) => isText(pattern),
  Strip: always,
  Sequence: (it) => listed(it.decoders).every((one) => allows(decoders, one)),
};
const postProcessors: Record<string, Rule> = {
  ByteLevel: always,
  TemplateProcessing: always,
  Sequence: (it) => listed(it.processors).every((one) => allows(postProcessors, one)),
};

const allows = (rules: Record<string, Rule>, { type, ...rest }: Part): boolean =>
  Object.hasOwn(rules, type) && rules[type]!({ type, ...rest });

function partProblem(json: TokenizerJson): string | null {
  const parts = {
    normalizer: normalizers,
    pre_tokenizer: preTokenizers,
    decoder: decoders,
    post_processor: postProcessors,
  };
  for (const [key, rules] of Object.entries(parts)) {
    const value = json[key as keyof typeof parts];
    if (value !== null && !allows(rules, value)) {
      return `${key} is ${JSON.stringify(value).slice(0, 200)}; such a one is not supported`;
    }
  }
  return null;
}

/** The library takes the ids of the file; tokenizers gives those that the vocabulary lacks the next ones. */
function addedProblem({ added_tokens: tokens, normalizer, model }: TokenizerJson): string | null {
  const ids = idsOf(model);
  let next = ids.size;
  for (const { id, content, normalized, single_word: word } of tokens) {
    const expected = ids.get(content) ?? next++;
    const shown = `added_tokens: ${JSON.stringify(content)}`;
    if (id !== expected) return `${shown} has id ${id}; transformers gives it ${expected}`;
    if (word) return `${shown} has single_word true; only false is supported`;
    if (normalized && normalizer !== null) return `${shown} has normalized true; only false is supported`;
  }
  return null;
}

/** Tokens that tokenizer_config.json gives a role are special, also where tokenizer.json has them as ordinary ones. */
function withSpecialTokens(json: TokenizerJson, names: readonly string[]): TokenizerJson {
  const special = new Set(names);
  const own = json.added_tokens.map((token) =>
    special.has(token.content) ? { ...token, special: true } : token,
  );
  const ids = idsOf(json.model);
  const known = new Set(own.map(({ content }) => content));
  const further = [...special]
    .filter((content) => !known.has(content) && ids.has(content))
    .map((content) => ({
      id: ids.get(content)!,
      content,
      special: true,
      normalized: false,
      single_word: false,
      lstrip: false,
      rstrip: false,
    }));
  return { ...json, added_tokens: [...own, ...further] };
}
