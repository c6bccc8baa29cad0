/** Policy folders on disk: exact round trips, and all that transformers writes into them. */
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeFolder } from '../../../../src/engines/embedded/model/checkpoint.js';
import { policyFiles, readPolicyFolder } from '../../../../src/engines/embedded/model/policy-folder.js';
import { encodeSafetensors, SafetensorsFile } from '../../../../src/engines/embedded/model/safetensors.js';
import { experimentSchema } from '../../../../src/experiment/schema.js';
import { createRun } from '../../../../src/runs/control/launch.js';
import { readManifest } from '../../../../src/runs/protocol/json.js';
import { policyChecksum } from '../../../../src/runs/protocol/policy-checksum.js';
import { scratch } from '../../../scratch.js';

import { editConfig, savedPolicy, tinyPolicy } from './saved-policy.js';

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
