/** How processes of the torch engine are started, by what accelerate itself understands. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownAccelerateConfig } from '../../src/engines/torch/run/accelerate.js';
import { torchCommand } from '../../src/engines/torch/run/command.js';
import { experimentSchema } from '../../src/experiment/schema.js';
import { scratch } from '../scratch.js';
import { AccelerateParser, configurations, type Launch } from './accelerate.js';
import { requirePython } from './python.js';

let root: string;
let accelerate: AccelerateParser | undefined;

beforeAll(() => {
  root = scratch('launch');
  for (const [name, content] of Object.entries(configurations)) {
    writeFileSync(join(root, `${name}.yaml`), content);
  }
  // As the launcher lays it out.
  writeFileSync(join(root, 'accelerate.yaml'), ownAccelerateConfig);
});

afterAll(() => accelerate?.end());

test.for<[string, string | null, number, Partial<Launch>]>([
  ['no configuration', null, 2, { multi_gpu: true, use_fsdp: false, gpu_ids: 'all', mixed_precision: 'no' }],
  ['several GPUs', 'several', 4, { multi_gpu: true, use_fsdp: false, use_deepspeed: false }],
  ['FSDP 2', 'fsdp', 4, { use_fsdp: true, fsdp_version: 2, multi_gpu: false, mixed_precision: 'bf16' }],
  ['ZeRO 3', 'deepspeed', 4, { use_deepspeed: true, zero_stage: 3, multi_gpu: false }],
  ['FSDP 2 of one process', 'fsdp', 1, { use_fsdp: true, fsdp_version: 2 }],
  ['ZeRO 3 of one process', 'deepspeed', 1, { use_deepspeed: true, zero_stage: 3 }],
])('on this machine: %s', async ([, config, processes, expected], context) => {
  const python = requirePython(context);
  const experiment = experimentSchema.parse({
    engine: 'torch',
    torch: { processes, ...(config !== null && { accelerateConfig: join(root, `${config}.yaml`) }) },
  });
  const { parameters } = torchCommand(experiment, {
    python,
    packageFolder: '/lab',
    runDirectory: root,
    parent: 1,
  });
  accelerate ??= new AccelerateParser(python, join(root, 'home'));
  expect(await accelerate.launchOf(parameters.slice(2))).toMatchObject({
    num_processes: processes,
    num_machines: 1,
    machine_rank: 0,
    ...expected,
  });
});
