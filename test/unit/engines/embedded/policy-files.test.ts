/** Policy folders and checkpoints on disk: exact round trips, and every kind of damage named. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  newestCheckpoint,
  pruneCheckpoints,
  readCheckpoint,
  writeCheckpoint,
  writeFolder,
} from '../../../../src/engines/embedded/model/checkpoint.js';
import { initializeParameters } from '../../../../src/engines/embedded/model/initialize.js';
import { parameterLayout } from '../../../../src/engines/embedded/model/parameters.js';
import {
  type Policy,
  policyFiles,
  readPolicyFolder,
} from '../../../../src/engines/embedded/model/policy-folder.js';
import { encodeSafetensors, SafetensorsFile } from '../../../../src/engines/embedded/model/safetensors.js';
import { Tokenizer } from '../../../../src/engines/embedded/model/tokenizer.js';
import { KnownError } from '../../../../src/errors.js';
import { experimentSchema } from '../../../../src/experiment/schema.js';
import { createRun } from '../../../../src/runs/control/launch.js';
import { readManifest } from '../../../../src/runs/protocol/json.js';
import { policyChecksum } from '../../../../src/runs/protocol/policy-checksum.js';
import { countdownTokenizer } from '../../../../src/tasks/countdown-tokenizer.js';
import { scratch } from '../../../scratch.js';
import { loadCase } from './parity-case.js';

function tinyPolicy(): Policy {
  const config = { ...loadCase('untied-full').config, vocabSize: 21 };
  const layout = parameterLayout(config);
  const files = countdownTokenizer();
  const tokenizer = Tokenizer.parse(
    { tokenizer: JSON.stringify(files.tokenizer), config: JSON.stringify(files.config) },
    'tokenizer.json',
  );
  return { config, layout, weights: initializeParameters(layout, 1), tokenizer };
}

function savedPolicy(): string {
  const folder = join(scratch(), 'policy');
  writeFolder(folder, policyFiles(tinyPolicy()));
  return folder;
}

function editConfig(folder: string, change: Record<string, unknown>): void {
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
}

function saveCheckpoint(run: string, step: number): string {
  const policy = tinyPolicy();
  const moment = (scale: number) => policy.weights.map((value) => value * scale);
  return writeCheckpoint(run, {
    policy,
    firstMoment: moment(0.5),
    secondMoment: moment(0.25),
    state: { schema: 1, step, optimizerSteps: step, tokens: 10 * step, policyChecksum: 'x' },
  });
}

test('a policy folder gives back the same policy', () => {
  const policy = tinyPolicy();
  const read = readPolicyFolder(savedPolicy());
  expect(read.config).toEqual(policy.config);
  expect(read.weights).toEqual(policy.weights);
  const tokens = read.tokenizer.encode('3,7,12=27:');
  expect(tokens).toHaveLength(10);
  expect(read.tokenizer.decode([...tokens, 1])).toBe('3,7,12=27:');
});

test('a policy without a padding token stays without one', () => {
  const folder = savedPolicy();
  editConfig(folder, { pad_token_id: null });
  const read = readPolicyFolder(folder);
  expect(read.config.padTokenId).toBeNull();
  const again = join(scratch(), 'again');
  writeFolder(again, policyFiles(read));
  expect(readPolicyFolder(again).config).toEqual(read.config);
});

test('generation_config.json adds the tokens that end a turn', () => {
  const folder = savedPolicy();
  const { eosTokenIds } = readPolicyFolder(folder).config;
  writeFileSync(join(folder, 'generation_config.json'), '{"eos_token_id":[7,1]}');
  expect(readPolicyFolder(folder).config.eosTokenIds).toEqual([...new Set([...eosTokenIds, 7, 1])]);
  writeFileSync(join(folder, 'generation_config.json'), '{"eos_token_id":"end"}');
  expect(() => readPolicyFolder(folder)).toThrow(/generation_config\.json: eos_token_id/);
});

/** A policy whose config.json and generation_config.json have no end token; `special` goes into the tokenizer's. */
function endlessPolicy(special: Record<string, unknown>, map?: Record<string, unknown>): string {
  const folder = savedPolicy();
  editConfig(folder, { eos_token_id: null });
  rmSync(join(folder, 'generation_config.json'));
  const config = { tokenizer_class: 'PreTrainedTokenizerFast', ...special };
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  if (map) writeFileSync(join(folder, 'special_tokens_map.json'), JSON.stringify(map));
  return folder;
}

test("the tokenizer's own end token ends a response, wherever transformers finds it", () => {
  const end = (folder: string) => readPolicyFolder(folder).config.eosTokenIds;
  expect(end(endlessPolicy({ eos_token: '<eos>' }))).toEqual([1]);
  expect(end(endlessPolicy({ eos_token: { content: '<eos>', lstrip: false } }))).toEqual([1]);
  expect(end(endlessPolicy({ eos_token: '<pad>' }, { eos_token: '<eos>' }))).toEqual([1]);
  expect(
    end(endlessPolicy({ eos_token: '<pad>', added_tokens_decoder: {} }, { eos_token: '<eos>' })),
  ).toEqual([0]);
  // Beside those that the model names, and after a checkpoint as before it.
  const folder = endlessPolicy({}, { eos_token: { content: '<eos>' } });
  writeFileSync(join(folder, 'generation_config.json'), '{"eos_token_id":7}');
  expect(end(folder)).toEqual([7, 1]);
  const copy = join(scratch(), 'copy');
  writeFolder(copy, policyFiles(readPolicyFolder(folder)));
  expect(readPolicyFolder(copy).config).toEqual(readPolicyFolder(folder).config);
  expect(readPolicyFolder(copy).tokenizer.endTokenId).toBe(1);
});

test('a policy without any end token is refused, and so are tokens that it does not have', () => {
  for (const special of [{}, { eos_token: null }, { eos_token: '<none>' }, { tokenizer_class: null }]) {
    expect(() => readPolicyFolder(endlessPolicy(special))).toThrow(/policy: no token ends a response/);
  }
  for (const key of ['eos_token_id', 'pad_token_id']) {
    const folder = savedPolicy();
    editConfig(folder, { [key]: 21 });
    expect(() => readPolicyFolder(folder)).toThrow(`config.json: ${key} is 21; the policy has 21 tokens`);
  }
  const folder = savedPolicy();
  writeFileSync(join(folder, 'generation_config.json'), '{"eos_token_id":[1,400]}');
  expect(() => readPolicyFolder(folder)).toThrow(/generation_config\.json: eos_token_id is 400/);
});

test('chats are written by the chat template, wherever it is kept, and it travels with the policy', () => {
  const template =
    "{% for m in messages %}<{{ m.role }}>{{ m['content'] }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}";
  const messages = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: '{{ 1 }} & "x"' },
  ] as const;
  const expected = '<system>Be brief.!<user>{{ 1 }} & "x"!<assistant>';
  const folder = savedPolicy();
  expect(readPolicyFolder(folder).tokenizer.chat(messages)).toBeNull();

  const config = { eos_token: { content: '!' }, chat_template: template };
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
  expect(readPolicyFolder(folder).tokenizer.chat(messages)).toBe(expected);
  const named = [
    { name: 'tools', template: 'no' },
    { name: 'default', template },
  ];
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify({ ...config, chat_template: named }));
  expect(readPolicyFolder(folder).tokenizer.chat(messages)).toBe(expected);

  writeFileSync(join(folder, 'chat_template.jinja'), `new:${template}`);
  const copy = join(scratch(), 'copy');
  writeFolder(copy, policyFiles(readPolicyFolder(folder)));
  expect(readPolicyFolder(copy).tokenizer.chat(messages)).toBe(`new:${expected}`);
  writeFileSync(join(copy, 'chat_template.jinja'), '{% for %}');
  expect(() => readPolicyFolder(copy).tokenizer.chat(messages)).toThrow(/chat template/);
});

test('a second head that is not the embedding is used, whatever config.json says, as in transformers', () => {
  const folder = savedPolicy();
  const untied = readPolicyFolder(folder);
  editConfig(folder, { tie_word_embeddings: true });
  // What it was saved with: an embedding and a head of its own.
  const read = readPolicyFolder(folder);
  expect(read).toMatchObject({ config: untied.config, layout: untied.layout });
  expect(read.weights).toEqual(untied.weights);
  const copy = join(scratch(), 'copy');
  writeFolder(copy, policyFiles(read));
  expect(readPolicyFolder(copy).weights).toEqual(untied.weights);

  // The same one twice is one, in whatever file it is.
  const parameters = untied.layout.parameters.map(({ name, shape, offset, size }) => ({
    name,
    shape,
    data: untied.weights.slice(offset, offset + size),
  }));
  const [first, last] = [parameters[0]!, parameters.at(-1)!];
  expect([first.name, last.name]).toEqual(['model.embed_tokens.weight', 'lm_head.weight']);
  writeFileSync(
    join(folder, 'model.safetensors'),
    encodeSafetensors([...parameters.slice(0, -1), { ...first, name: last.name }]),
  );
  const tied = readPolicyFolder(folder);
  expect(tied.config.tieWordEmbeddings).toBe(true);
  expect(tied.weights).toEqual(untied.weights.slice(0, -last.data.length));

  writeFileSync(
    join(folder, 'model.safetensors'),
    encodeSafetensors([...parameters.slice(0, -1), { ...last, shape: last.shape.toReversed() }]),
  );
  expect(() => readPolicyFolder(folder)).toThrow(/lm_head\.weight has shape \[24, 21\]/);
});

test('sharded weights are read through their index, and a redundant tied head is ignored', async () => {
  const folder = savedPolicy();
  const whole = readPolicyFolder(folder);
  const parameters = whole.layout.parameters.map(({ name, shape, offset, size }) => ({
    name,
    shape,
    data: whole.weights.slice(offset, offset + size),
  }));
  const weightMap: Record<string, string> = {};
  for (const [index, shard] of [parameters.slice(0, 5), parameters.slice(5)].entries()) {
    const name = `model-0000${index + 1}-of-00002.safetensors`;
    writeFileSync(join(folder, name), encodeSafetensors(shard));
    for (const tensor of shard) weightMap[tensor.name] = name;
  }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
  const before = await policyChecksum(folder);
  // The single file goes before the index; without it the shards are all there is.
  cpSync(join(folder, 'model.safetensors'), join(folder, 'elsewhere'));
  writeFileSync(join(folder, 'model.safetensors'), '');
  expect(() => readPolicyFolder(folder)).toThrow(/model\.safetensors: has 0 bytes/);
  const sharded = join(scratch(), 'sharded');
  mkdirSync(sharded);
  for (const name of readdirSync(folder)) {
    if (name !== 'model.safetensors' && name !== 'elsewhere') cpSync(join(folder, name), join(sharded, name));
  }
  expect(readPolicyFolder(sharded).weights).toEqual(whole.weights);
  const checksum = await policyChecksum(sharded);
  expect(checksum).not.toBe(before);
  // An adapter beside the shards is no part of the policy: a run that starts with it resumes without it, and with it.
  writeFileSync(join(sharded, 'adapter_model.safetensors'), 'anything');
  expect(await policyChecksum(sharded)).toBe(checksum);
  const { directory } = await createRun({
    experiment: experimentSchema.parse({ policy: sharded }),
    experimentFile: null,
    runsDirectory: scratch(),
    mediaDirectory: 'media',
    version: '0.0.0',
  });
  expect(await readManifest(directory)).toMatchObject({ policyChecksum: checksum });
});

test.each([
  '../../../etc/passwd',
  '/etc/passwd',
  'parts/../../secret.safetensors',
  '..\\secret.safetensors',
  'C:\\secret.safetensors',
  'C:secret.safetensors',
  '\\\\host\\share\\secret.safetensors',
  'a\0b',
  '.',
  '',
  7,
])('an index that names %j outside the folder is refused, and that file is not opened', async (shard) => {
  const folder = savedPolicy();
  // A whole policy is where the index points to: only the refusal keeps it from being read.
  cpSync(join(folder, 'model.safetensors'), join(folder, '../secret.safetensors'));
  rmSync(join(folder, 'model.safetensors'));
  const index = { weight_map: { 'model.norm.weight': shard } };
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
  const refused =
    /model\.safetensors\.index\.json: weight_map\.model\.norm\.weight is .*not a file of this folder/;
  expect(() => readPolicyFolder(folder)).toThrow(refused);
  await expect(policyChecksum(folder)).rejects.toThrow(refused);
});

test.each([
  ['a missing folder', () => join(scratch(), 'none'), /there is no config\.json/],
  [
    'another architecture',
    () => {
      const folder = savedPolicy();
      editConfig(folder, { model_type: 'llama' });
      return folder;
    },
    /config\.json: model_type is "llama"/,
  ],
  [
    'a missing field',
    () => {
      const folder = savedPolicy();
      editConfig(folder, { hidden_size: undefined });
      return folder;
    },
    /config\.json: hidden_size/,
  ],
  [
    'a wrong shape',
    () => {
      const folder = savedPolicy();
      editConfig(folder, { intermediate_size: 41 });
      return folder;
    },
    /mlp\.gate_proj\.weight has shape \[40, 24\]; config\.json makes it \[41, 24\]/,
  ],
  [
    'missing layers',
    () => {
      const folder = savedPolicy();
      editConfig(folder, { num_hidden_layers: 3 });
      return folder;
    },
    /lack model\.layers\.2\..* and 10 more/,
  ],
  [
    'layers too many',
    () => {
      const folder = savedPolicy();
      editConfig(folder, { num_hidden_layers: 1 });
      return folder;
    },
    /contains model\.layers\.1\..*not describe/,
  ],
  [
    'a vocabulary smaller than the tokenizer',
    () => {
      const folder = savedPolicy();
      const policy = tinyPolicy();
      const config = { ...policy.config, vocabSize: 20 };
      const layout = parameterLayout(config);
      const tokenizer = readPolicyFolder(folder).tokenizer;
      writeFolder(
        folder,
        policyFiles({ config, layout, weights: initializeParameters(layout, 1), tokenizer }),
      );
      return folder;
    },
    /token ids up to 20; vocab_size in config\.json is 20/,
  ],
  [
    'cut-off weights',
    () => {
      const folder = savedPolicy();
      truncateSync(join(folder, 'model.safetensors'), 5000);
      return folder;
    },
    /model\.safetensors: gives .* offsets that do not fit/,
  ],
])('%s is refused by name', (_, make, message) => {
  const folder = make();
  expect(() => readPolicyFolder(folder)).toThrow(message);
});

const sizes = {
  vocab_size: 24,
  hidden_size: 26,
  num_hidden_layers: 3,
  num_attention_heads: 6,
  num_key_value_heads: 1,
  head_dim: 12,
  intermediate_size: 48,
  max_position_embeddings: null,
} as const;

test.each(Object.entries(sizes))('a %s that no weights belong to is refused by name', (key, other) => {
  const folder = savedPolicy();
  for (const absurd of [1e9, 2 ** 53 - 1, 1e300, 0, -1, 1.5, '4', []]) {
    editConfig(folder, { [key]: absurd });
    expect(() => readPolicyFolder(folder)).toThrow(new RegExp(`config\\.json: ${key}: `));
  }
  if (other === null) return;
  editConfig(folder, { [key]: other });
  expect(() => readPolicyFolder(folder)).toThrow(new RegExp(key));
});

test('the largest sizes of a config.json are compared with the weights before anything is allocated', () => {
  const folder = savedPolicy();
  const before = process.memoryUsage().arrayBuffers;
  editConfig(folder, { num_hidden_layers: 1024 });
  expect(() => readPolicyFolder(folder)).toThrow(/lack model\.layers\.2\..*: num_hidden_layers is 1024/);
  const largest = {
    vocab_size: 2 ** 22,
    hidden_size: 2 ** 16,
    intermediate_size: 2 ** 19,
    head_dim: 2 ** 12,
  };
  editConfig(folder, { ...largest, num_attention_heads: 2 ** 12, num_key_value_heads: 2 ** 12 });
  expect(() => readPolicyFolder(folder)).toThrow(/config\.json makes it \[4194304, 65536\], by vocab_size/);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
});

test('bfloat16 and float16 become the float32 numbers they stand for', () => {
  const file = join(scratch(), 'half.safetensors');
  const bfloat16 = Uint16Array.of(0x3f80, 0xc000, 0x0001, 0x7f80, 0x7fc0, 0x8000);
  const float16 = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7c00, 0x7e00, 0x03ff);
  const header = JSON.stringify({
    b: { dtype: 'BF16', shape: [6], data_offsets: [0, 12] },
    h: { dtype: 'F16', shape: [6], data_offsets: [12, 24] },
  }).padEnd(128);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(
    file,
    Buffer.concat([length, Buffer.from(header), Buffer.from(bfloat16.buffer), Buffer.from(float16.buffer)]),
  );
  const tensors = SafetensorsFile.open(file);
  const read = (name: string) => {
    const target = new Float32Array(6);
    tensors.readInto(name, target);
    return [...target];
  };
  expect(read('b')).toEqual([1, -2, 2 ** -133, Number.POSITIVE_INFINITY, Number.NaN, -0]);
  expect(read('h')).toEqual([1, -2, 2 ** -24, Number.POSITIVE_INFINITY, Number.NaN, 1023 * 2 ** -24]);
  tensors.close();
});

test('a checkpoint gives back policy, optimizer and state, and leaves nothing beside it', () => {
  const run = scratch();
  const folder = saveCheckpoint(run, 7);
  const read = readCheckpoint(folder);
  const { weights } = tinyPolicy();
  expect(read.policy.weights).toEqual(weights);
  expect(read.firstMoment).toEqual(weights.map((value) => value * 0.5));
  expect(read.secondMoment).toEqual(weights.map((value) => value * 0.25));
  expect(read.state).toMatchObject({ step: 7, optimizerSteps: 7, tokens: 70 });
  expect(readdirSync(join(run, 'checkpoints'))).toEqual(['step-000007']);
});

test('a damaged checkpoint is passed over with its reason', () => {
  const run = scratch();
  saveCheckpoint(run, 5);
  const damaged = saveCheckpoint(run, 10);
  const cut = saveCheckpoint(run, 15);
  const file = join(damaged, 'model.safetensors');
  const bytes = readFileSync(file);
  bytes[bytes.length - 3]! ^= 1;
  writeFileSync(file, bytes);
  truncateSync(join(cut, 'trainer/optimizer.safetensors'), 100);
  const { checkpoint, skipped } = newestCheckpoint(run);
  expect(checkpoint?.state.step).toBe(5);
  expect(skipped.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/step-000015.*optimizer\.safetensors: does not match its checksum/),
    expect.stringMatching(/step-000010.*model\.safetensors: does not match its checksum/),
  ]);
});

test('a file without a checksum is as bad as one with another: a flipped weight is never read', () => {
  const run = scratch();
  const folder = saveCheckpoint(run, 5);
  const file = join(folder, 'trainer/checksums.json');
  const checksums = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  const weights = join(folder, 'model.safetensors');
  const bytes = readFileSync(weights);
  bytes[bytes.length - 3]! ^= 1;
  writeFileSync(weights, bytes);
  writeFileSync(file, '{}');
  expect(newestCheckpoint(run)).toMatchObject({ checkpoint: null, skipped: [{ directory: folder }] });
  for (const name of Object.keys(checksums)) {
    const { [name]: _, ...others } = checksums;
    writeFileSync(file, JSON.stringify(others));
    expect(() => readCheckpoint(folder)).toThrow(`trainer/checksums.json: has no checksum of ${name}.`);
  }
  writeFileSync(join(folder, 'chat_template.jinja'), 'new');
  writeFileSync(file, JSON.stringify(checksums));
  expect(() => readCheckpoint(folder)).toThrow('has no checksum of chat_template.jinja.');
});

test('checksums of files outside the checkpoint are refused', () => {
  const run = scratch();
  const folder = saveCheckpoint(run, 5);
  const file = join(folder, 'trainer/checksums.json');
  const checksums = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  writeFileSync(file, JSON.stringify({ ...checksums, '../../secret': '0' }));
  expect(() => readCheckpoint(folder)).toThrow(
    'trainer/checksums.json: names "../../secret", which is not a file of this folder.',
  );
});

test('pruning keeps the newest and removes what interrupted writes left', () => {
  const run = scratch();
  for (const step of [1, 2, 3]) saveCheckpoint(run, step);
  mkdirSync(join(run, 'checkpoints/.partial-step-000004-1'));
  pruneCheckpoints(run, 2);
  expect(readdirSync(join(run, 'checkpoints')).sort()).toEqual(['step-000002', 'step-000003']);
  pruneCheckpoints(run, 0);
  expect(existsSync(join(run, 'checkpoints/step-000002'))).toBe(true);
});

test('a checkpoint that cannot be written leaves the older ones and says what to do', () => {
  const run = scratch();
  const file = join(run, 'blocked');
  writeFileSync(file, '');
  expect(() => saveCheckpoint(file, 1)).toThrow(/cannot be written/);
  expect(readdirSync(run)).toEqual(['blocked']);
});

test('what to do about a folder that cannot be written is said for what writes it', () => {
  // A file where a folder must be: as unwritable for root as for anyone.
  const file = join(scratch(), 'file');
  writeFileSync(file, '');
  const hint = (write: () => void) => {
    try {
      write();
    } catch (error) {
      return error instanceof KnownError ? error.hint : null;
    }
    return null;
  };
  expect(hint(() => saveCheckpoint(file, 1))).toMatch(/, then resume the run\.$/);
  expect(hint(() => writeFolder(join(file, 'policy'), new Map(), 'start again'))).toMatch(
    /, then start again\.$/,
  );
});
