/** Devices: what each engine can compute on here, and why it cannot on the others. */
import { availableParallelism, cpus } from 'node:os';
import { t } from '@vscode/l10n';
import { type GpuInspection, inspectGpu, isSameCard } from '../engines/devices/index.js';
import { describeGpu } from '../engines/nvidia/index.js';
import type { EnvironmentReport } from '../engines/torch/environment/index.js';
import { trainerEnvironment } from '../runs/control/index.js';
import { engineProgram, type Host } from './host.js';

export interface ListedDevice {
  engine: 'embedded' | 'torch';
  kind: 'processor' | 'gpu';
  name: string;
  usable: boolean;
  /** What is known of it: `Vulkan`, `half precision`. */
  facts: string[];
  /** What to know about it, or why it cannot be used; empty when there is nothing to say. */
  remark: string;
  /** What to do about that; empty when there is nothing. */
  hint: string;
}

/**
 * Takes seconds: GPUs are tested, unless that was done before.
 * @param again tests them even then
 */
export async function listDevices(host: Host, again: boolean, signal?: AbortSignal): Promise<ListedDevice[]> {
  const [gpu, torch] = await Promise.all([
    inspectGpu(
      { program: engineProgram(host), environment: trainerEnvironment(), ...(signal && { signal }) },
      again,
    ),
    host.inspectTorch(),
  ]);
  return [processor(), ...gpuDevices(gpu), ...torchDevices(torch)];
}

function processor(): ListedDevice {
  const threads = availableParallelism();
  return {
    engine: 'embedded',
    kind: 'processor',
    name: cpus()[0]?.model.trim() || t('Processor'),
    usable: true,
    facts: [threads === 1 ? t('1 thread') : t('{0} threads', threads)],
    remark: '',
    hint: '',
  };
}

/** The one that ONNX Runtime takes, and the others that the system names. */
function gpuDevices({ graphics, adapter }: GpuInspection): ListedDevice[] {
  const { cards, obstacle, backend } = graphics;
  const device = { engine: 'embedded', kind: 'gpu' } as const;
  const listed = cards
    .filter(({ name }) => adapter === null || !isSameCard(name, adapter.name))
    .map(({ name, driver }) => ({ name, facts: driver === null ? [] : [driver] }));
  if (!adapter) {
    const { message: remark = '', hint = '' } = obstacle ?? {};
    const all = listed.length > 0 ? listed : [{ name: 'GPU', facts: [] }];
    return all.map((card) => ({ ...device, ...card, usable: false, remark, hint }));
  }
  const { name, maxBufferBytes, memoryBytes, float16, speed, failure, software } = adapter;
  const driver = cards.find((card) => isSameCard(card.name, name))?.driver;
  const isSlow = speed !== null && speed.webgpu <= speed.cpu;
  const remark =
    failure ??
    (software
      ? t('It computes on the processor, slower than without it: only "webgpu" takes it.')
      : isSlow
        ? t('It multiplies matrices no faster than the processor: only "webgpu" takes it.')
        : '');
  const used: ListedDevice = {
    ...device,
    name,
    usable: failure === null,
    facts: [
      ...(driver ? [driver] : []),
      backend,
      ...(memoryBytes === null || software
        ? []
        : [t('{0} MiB of memory', Math.round(memoryBytes / 2 ** 20))]),
      ...(maxBufferBytes === null ? [] : [t('buffers up to {0} MiB', Math.floor(maxBufferBytes / 2 ** 20))]),
      ...(float16 ? [t('half precision')] : []),
      ...(speed === null
        ? []
        : [t('{0} GFLOP/s, the processor {1}', rounded(speed.webgpu), rounded(speed.cpu))]),
    ],
    remark,
    hint: failure !== null ? t('Update its driver, then test it again.') : '',
  };
  const others = listed.map((card) => ({
    ...device,
    ...card,
    usable: false,
    remark: t('ONNX Runtime takes {0}.', name),
    hint: backend === 'Vulkan' ? t('DRI_PRIME or VK_DRIVER_FILES choose another one.') : '',
  }));
  return [used, ...(software ? [] : others)];
}

const rounded = (value: number): string => value.toFixed(value < 10 ? 1 : 0);

function torchDevices({ gpus, cuda, problems }: EnvironmentReport): ListedDevice[] {
  const device = { engine: 'torch', kind: 'gpu' } as const;
  const facts = gpus.driver === null ? [] : [t('driver {0}', gpus.driver)];
  if (gpus.gpus.length === 0) {
    const remark = t('This machine shows no NVIDIA GPU. {0}', gpus.problem ?? '').trim();
    const hint = t('On a machine that has one, install its driver first.');
    return [{ ...device, name: t('NVIDIA GPU'), facts, usable: false, remark, hint }];
  }
  const [problem] = cuda ? [] : problems;
  const { message: remark = '', hint = '' } = problem ?? {};
  return gpus.gpus.map((gpu) => ({ ...device, name: describeGpu(gpu), facts, usable: cuda, remark, hint }));
}
