/** The choice between processor and GPU, with a program in place of the one that tests. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DeviceFindings, DeviceNeeds } from '../../../../src/engines/contract/device-test.js';
import { chooseDevice } from '../../../../src/engines/devices/choose.js';
import type { Graphics } from '../../../../src/engines/devices/graphics.js';
import { DeviceMemory } from '../../../../src/engines/devices/memory.js';
import { stepShape } from '../../../../src/engines/devices/shape.js';
import { knownTrial } from '../../../../src/engines/devices/trial.js';
import { type Experiment, experimentSchema } from '../../../../src/experiment/schema.js';
import { scratch } from '../../../scratch.js';

const using = '[Vulkan Loader] DRIVER: Using "NVIDIA RTX 4060" with driver: "libGLX_nvidia.so.0"';
const graphics: Graphics = {
  cards: [{ name: 'RTX 4060', driver: 'nvidia 550' }],
  obstacle: null,
  triable: true,
  drivers: '',
  backend: 'Vulkan',
  key: 'machine',
};

const limit = 'Buffer size (70368744177664) exceeds the max buffer size limit (1048576).';
const good = {
  adapter: [
    { trying: 'opening the GPU' },
    { float16: true, speed: { webgpu: 900, cpu: 90 } },
    { done: true },
  ],
  start: [{ gradientError: 1e-6 }, { done: true }],
  trial: [
    { gradientError: 1e-6 },
    { stepSeconds: { webgpu: 0.2 } },
    { stepSeconds: { webgpu: 0.2, cpu: 1 } },
    { done: true },
  ],
} satisfies Record<string, DeviceFindings[]>;

interface Answers {
  adapter?: DeviceFindings[];
  start?: DeviceFindings[];
  trial?: DeviceFindings[];
  said?: string[];
  /** Line of the program that ends it. */
  end?: string;
}

/** Of the shipped policy, which is small, unless it says otherwise. */
const experimentOf = (settings: object = {}): Experiment =>
  experimentSchema.parse({
    policy: join(import.meta.dirname, '../../../../media/policies/countdown'),
    ...settings,
  });

/** A machine whose tests give these answers. */
class Machine {
  readonly #folder = scratch('machine');
  readonly #asked = join(this.#folder, 'asked');
  log: string[] = [];

  constructor(private answers: Answers = {}) {}

  async choose(
    requested: Experiment['device'],
    {
      answers = this.answers,
      seen = graphics,
      experiment = experimentOf() as Experiment | null,
      needs = undefined as DeviceNeeds | undefined,
    } = {},
  ) {
    const { said = [using], end = '', ...rest } = answers;
    const program = join(this.#folder, 'program.cjs');
    const lines = JSON.stringify({ ...good, ...rest });
    writeFileSync(this.#asked, '');
    writeFileSync(
      program,
      `const request = JSON.parse(process.argv[2]);
       require('node:fs').appendFileSync(${JSON.stringify(this.#asked)}, (request.trial ? 'trial' : request.kind) + ' ');
       for (const line of ${JSON.stringify(said)}) process.stderr.write(line + '\\n');
       for (const line of ${lines}[request.trial ? 'trial' : request.kind]) process.stdout.write(JSON.stringify(line) + '\\n');
       ${end}`,
    );
    this.log = [];
    const tester = { program, cacheDirectory: this.#folder };
    return chooseDevice(
      requested,
      experiment,
      tester,
      (line) => this.log.push(line),
      needs,
      async () => seen,
    );
  }

  /** The tests that were run, in order. */
  get tested(): string[] {
    return readFileSync(this.#asked, 'utf8').split(' ').filter(Boolean);
  }
}

const gpu = { device: 'webgpu', name: 'NVIDIA RTX 4060 (WebGPU)', memoryBytes: null };
const processor = { device: 'cpu', name: null, memoryBytes: null };
const obstacle = { message: 'This machine has no GPU.', hint: 'Set device to "cpu".' };

describe('auto', () => {
  test('takes the GPU where a step is faster there, and remembers both for the machine', async () => {
    const machine = new Machine();
    expect(await machine.choose('auto')).toEqual(gpu);
    expect(machine.log.at(-1)).toBe(
      'computes on NVIDIA RTX 4060 (WebGPU): a step takes 0.20 s on NVIDIA RTX 4060 and 1.0 s on the processor',
    );
    expect(machine.tested).toEqual(['adapter', 'trial']);
    expect(await machine.choose('auto')).toEqual(gpu);
    expect(machine.tested).toEqual(['start']);
    const longer = experimentOf({ rollout: { maxNewTokens: 64 } });
    await machine.choose('auto', { experiment: longer });
    expect(machine.tested).toEqual(['trial']);
    await machine.choose('auto', { seen: { ...graphics, key: 'other driver' } });
    expect(machine.tested).toEqual(['adapter', 'trial']);
  });

  test('stays on the processor where a step is not faster on the GPU, and measures that once', async () => {
    const machine = new Machine({
      trial: [{ gradientError: 0 }, { stepSeconds: { webgpu: 0.95, cpu: 1 } }, { done: true }],
    });
    expect(await machine.choose('auto')).toEqual(processor);
    expect(machine.log.at(-1)).toBe(
      'computes on the processor: a step takes 0.95 s on NVIDIA RTX 4060 and 1.0 s on the processor',
    );
    expect(await machine.choose('auto')).toEqual(processor);
    expect(machine.tested).toEqual([]);
  });

  test('says and tests nothing where there is no GPU', async () => {
    const machine = new Machine();
    const seen = { ...graphics, cards: [], triable: false, obstacle };
    expect(await machine.choose('auto', { seen })).toEqual(processor);
    expect([machine.log, machine.tested]).toEqual([[], []]);
  });

  test('says why it cannot take the GPU that is there, or the driver that is no GPU, and tests neither', async () => {
    const machine = new Machine();
    const message = 'No Vulkan driver is installed for the GPU of this machine.';
    const seen = { ...graphics, triable: false, obstacle: { ...obstacle, message } };
    expect(await machine.choose('auto', { seen })).toEqual(processor);
    expect([machine.log, machine.tested]).toEqual([[`computes on the processor: ${message}`], []]);
    expect(await machine.choose('auto', { seen: { ...graphics, cards: [], obstacle } })).toEqual(processor);
    expect([machine.log, machine.tested]).toEqual([[`computes on the processor: ${obstacle.message}`], []]);
  });

  test('is the processor for work that is no training', async () => {
    const machine = new Machine();
    expect(await machine.choose('auto', { experiment: null })).toEqual(processor);
    expect([machine.log, machine.tested]).toEqual([[], []]);
  });

  test.each<[string, Answers, RegExp]>([
    [
      'computes on the processor itself',
      { said: ['Using "llvmpipe (LLVM 17, 256 bits)" with driver: "libvulkan_lvp.so"'] },
      /llvmpipe .* is a driver that computes on the processor/,
    ],
    [
      'is no faster at products',
      { adapter: [{ speed: { webgpu: 5, cpu: 90 } }, { done: true }] },
      /multiplies matrices no faster/,
    ],
    [
      'computes wrongly',
      { trial: [{ gradientError: 0.2 }, { done: true }] },
      /computes wrongly: a gradient differs .* \(2\.0e-1\)/,
    ],
    ['gives no numbers', { trial: [{ gradientError: null }, { done: true }] }, /computes wrongly/],
    [
      'ends the process',
      { adapter: [{ trying: 'opening the GPU' }], end: 'process.abort()' },
      /\(SIGABRT\), during opening the GPU/,
    ],
    [
      'is too old',
      { adapter: [{ failure: 'Failed to get a WebGPU adapter: No supported adapters' }] },
      /too old for WebGPU/,
    ],
  ])('does not take a GPU whose driver %s, and tests it once', async (_, answers, reason) => {
    const machine = new Machine(answers);
    expect(await machine.choose('auto')).toEqual(processor);
    expect(machine.log.at(-1)).toMatch(reason);
    expect(await machine.choose('auto')).toEqual(processor);
    expect(machine.tested).toEqual([]);
    expect(machine.log.at(-1)).toMatch(reason);
  });

  test('a step that fails on the GPU is remembered for that experiment, not for the GPU', async () => {
    const machine = new Machine({
      trial: [{ gradientError: 0 }, { failure: 'Out of memory' }],
    });
    expect(await machine.choose('auto')).toEqual(processor);
    expect(machine.log.at(-1)).toContain(
      'a step of this experiment fails on NVIDIA RTX 4060. Out of memory.',
    );
    expect(await machine.choose('auto')).toEqual(processor);
    expect(machine.tested).toEqual([]);
    expect(await machine.choose('webgpu')).toEqual(gpu);
  });

  test('takes the GPU where the processor is given up on', async () => {
    const machine = new Machine({
      trial: [{ gradientError: 0 }, { trying: 'a step on the processor', stepSeconds: { webgpu: 0.5 } }],
      end: 'process.abort()',
      adapter: [{ speed: { webgpu: 900, cpu: 90 } }, { done: true }],
    });
    expect(await machine.choose('auto')).toEqual(gpu);
    expect(machine.log.at(-1)).toContain('many times as long on the processor');
  });
});

describe('a step that takes minutes', () => {
  const large = experimentOf({ policy: 'Qwen/Qwen3-0.6B', torch: { lora: {} } });

  test('is not measured: the speeds of products decide, and the GPU is tested all the same', async () => {
    const machine = new Machine();
    expect(await machine.choose('auto', { experiment: large })).toEqual(gpu);
    expect(machine.tested).toEqual(['adapter', 'start']);
    expect(machine.log.at(-1)).toBe(
      'computes on NVIDIA RTX 4060 (WebGPU): measuring a step of this experiment would take too long; NVIDIA RTX 4060 multiplies matrices 10.0 times as fast as the processor',
    );
  });

  test('is computed on the processor where the GPU is hardly faster', async () => {
    const machine = new Machine({ adapter: [{ speed: { webgpu: 120, cpu: 90 } }, { done: true }] });
    expect(await machine.choose('auto', { experiment: large })).toEqual(processor);
    expect(machine.tested).toEqual(['adapter']);
    expect(machine.log.at(-1)).toContain('multiplies matrices 1.3 times as fast as the processor');
  });

  test('is given up on a slow GPU before the processor begins, and that is remembered', async () => {
    const trial = [{ gradientError: 0 }, { stepSeconds: { webgpu: 14 } }, { done: true }];
    const machine = new Machine({ trial });
    expect(await machine.choose('auto')).toEqual(gpu);
    expect(machine.log.at(-1)).toContain('would take too long');
    expect(await machine.choose('auto')).toEqual(gpu);
    expect(machine.tested).toEqual(['start']);
  });
});

test('a step is another one with adapters, with others of them, and with other passes', () => {
  const shapes = [
    {},
    { torch: { lora: {} } },
    { torch: { lora: { rank: 4 } } },
    { torch: { lora: { targets: ['q_proj'] } } },
    { torch: { gradientCheckpointing: true } },
    { torch: { rowsPerPass: 8 } },
  ].map((settings) => stepShape(experimentOf(settings)));
  expect(new Set(shapes).size).toBe(shapes.length);
  expect(stepShape(experimentOf())).toBe(shapes[0]);
});

test('nothing is known of a policy that is not downloaded yet', () => {
  const memory = new DeviceMemory('machine', scratch('cache'));
  expect(knownTrial(memory, experimentOf({ policy: 'someone/unknown' }))).toBeNull();
  expect(knownTrial(memory, experimentOf({ policy: 'Qwen/Qwen3-0.6B' }))).toEqual({ tooLong: true });
  expect(stepShape(experimentOf({ policy: 'someone/unknown' }))).not.toBe(stepShape(experimentOf()));
});

describe('webgpu', () => {
  test('is tested before each start, measured once', async () => {
    const machine = new Machine();
    expect(await machine.choose('webgpu')).toEqual(gpu);
    expect(machine.tested).toEqual(['adapter', 'start']);
    expect(await machine.choose('webgpu', { experiment: null })).toEqual(gpu);
    expect(machine.tested).toEqual(['start']);
  });

  test('is refused without a driver', async () => {
    const seen = { ...graphics, obstacle, triable: false };
    await expect(new Machine().choose('webgpu', { seen })).rejects.toMatchObject({
      message: 'device: This machine has no GPU.',
      hint: 'Set device to "cpu".',
    });
  });

  test('warns of a driver that computes on the processor, and takes it', async () => {
    const machine = new Machine({ said: ['Using "SwiftShader Device (Subzero)" with driver: "x.so"'] });
    const seen = { ...graphics, obstacle };
    expect(await machine.choose('webgpu', { seen })).toMatchObject({ device: 'webgpu' });
    expect(machine.log[0]).toContain('is slower than the processor without it');
  });

  test('is refused where the driver computes wrongly, and tested again after a repair', async () => {
    const machine = new Machine({ start: [{ gradientError: 0.5 }, { done: true }] });
    await expect(machine.choose('webgpu')).rejects.toMatchObject({
      message: expect.stringMatching(/^device: NVIDIA RTX 4060 cannot be used\. Its driver computes wrongly/),
      hint: expect.stringContaining('Set device to "cpu"'),
    });
    expect(await machine.choose('webgpu', { answers: {} })).toEqual(gpu);
    expect(machine.tested).toEqual(['adapter', 'start']);
  });

  test('is refused where a buffer is larger than the adapter allows', async () => {
    const machine = new Machine({
      said: [using, limit],
    });
    await expect(machine.choose('webgpu')).rejects.toMatchObject({
      message:
        'device: NVIDIA RTX 4060 allows buffers of at most 1 MiB (maxBufferSize); the activations of a feed-forward layer in an update take 12 MiB',
    });
  });
});

describe('the memory of a GPU', () => {
  const needsOf = (weights: number, activations: number): DeviceNeeds => ({
    buffers: [],
    memory: {
      bytes: (weights + activations) * 2 ** 30,
      parts: [
        { name: 'weights', kind: 'weights', bytes: weights * 2 ** 30 },
        { name: 'activations of the update', kind: 'activations', bytes: activations * 2 ** 30 },
      ],
    },
    remedies: ['torch.lora', 'a smaller policy'],
  });
  const seen = { ...graphics, cards: [{ name: 'NVIDIA RTX 4060', driver: null, memoryBytes: 8 * 2 ** 30 }] };
  const known = { ...gpu, memoryBytes: 8 * 2 ** 30 };

  test('is refused what must stay there and does not fit, with what helps', async () => {
    const machine = new Machine();
    const refused = machine.choose('webgpu', { seen, needs: needsOf(9.5, 1) });
    await expect(refused).rejects.toMatchObject({
      message: 'device: NVIDIA RTX 4060 has 8.0 GiB of memory; this takes about 9.5 GiB: weights 9.5 GiB',
      hint: 'To use less: torch.lora, a smaller policy. Set device to "cpu" to train on the processor.',
    });
    expect(machine.tested).toEqual(['adapter']);
  });

  test('may be too small by the estimate: webgpu warns and tries, auto stays on the processor', async () => {
    const machine = new Machine();
    const needs = needsOf(6, 3);
    expect(await machine.choose('webgpu', { seen, needs })).toEqual(known);
    expect(machine.log[0]).toMatch(/^may not fit: NVIDIA RTX 4060 has 8\.0 GiB .* about 9\.0 GiB: weights/);
    expect(await machine.choose('auto', { seen, needs })).toEqual(processor);
    expect(machine.log.at(-1)).toContain('NVIDIA RTX 4060 has 8.0 GiB of memory');
    expect(await machine.choose('webgpu', { seen, needs: needsOf(4, 3) })).toEqual(known);
    expect(machine.log.join()).not.toContain('may not fit');
    expect(machine.log.at(-2)).toMatch(/^takes about 7\.0 GiB: weights .* of the memory of NVIDIA RTX 4060$/);
  });

  test('decides whether frozen weights stay in 16 bits, whatever the memory of the machine', async () => {
    const machine = new Machine();
    const experiment = experimentOf({ policy: 'Qwen/Qwen3-1.7B', torch: { lora: {} } });
    expect(await machine.choose('webgpu', { seen, experiment })).toEqual(known);
    const weights = () => Number(/frozen weights and adapters ([\d.]+) GiB/.exec(machine.log.join())?.[1]);
    const few = weights();
    const large = { ...seen, cards: [{ ...seen.cards[0]!, memoryBytes: 80 * 2 ** 30 }], key: 'large' };
    await machine.choose('webgpu', { seen: large, experiment });
    expect(weights() / few).toBeGreaterThan(1.8);
  });

  test('an evaluation is refused on its own terms', async () => {
    const machine = new Machine({ said: [using, limit] });
    const name = 'the logits of a token of all responses';
    const buffers = [{ name, bytes: 2 ** 22, remedy: 'fewer samples' }];
    const needs = { ...needsOf(1, 1), buffers };
    const refused = machine.choose('webgpu', { seen, experiment: null, needs });
    await expect(refused).rejects.toMatchObject({
      message:
        'device: NVIDIA RTX 4060 allows buffers of at most 1 MiB (maxBufferSize); the logits of a token of all responses take 4 MiB',
      hint: 'To use less: fewer samples. On the processor: --device cpu.',
    });
  });
});

test('a test ends when it is asked to', async () => {
  const controller = new AbortController();
  const program = join(scratch('slow'), 'program.cjs');
  writeFileSync(program, 'setInterval(() => {}, 1000);');
  const tester = { program, signal: controller.signal, cacheDirectory: scratch('cache') };
  const chosen = chooseDevice(
    'webgpu',
    null,
    tester,
    () => {},
    null,
    async () => graphics,
  );
  setTimeout(() => controller.abort(new Error('stopped')), 200);
  await expect(chosen).rejects.toThrow('stopped');
});
