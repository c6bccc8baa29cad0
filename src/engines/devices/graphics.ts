/** What the system shows of its GPUs, without loading a driver: milliseconds, and nothing that may crash. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { t } from '@vscode/l10n';
import { linuxGraphics } from './linux-graphics.js';
import type { Obstacle, SystemGraphics } from './system-graphics.js';
import { windowsGraphics } from './windows-graphics.js';

export interface Graphics extends SystemGraphics {
  /** `Vulkan`, `Metal` or `Direct3D 12`. */
  backend: string;
  /** Names this state of the machine: another GPU, driver or ONNX Runtime gives another one. */
  key: string;
}

/** Where onnxruntime-node is built with its WebGPU provider, and what that computes with. */
const backends = new Map([
  ['linux x64', 'Vulkan'],
  ['darwin arm64', 'Metal'],
  ['win32 x64', 'Direct3D 12'],
  ['win32 arm64', 'Direct3D 12'],
]);

/** @param program `dist/engine-worker.cjs`, ONNX Runtime beside it */
export async function lookAtGraphics(program: string): Promise<Graphics> {
  const platform = `${process.platform} ${process.arch}`;
  const backend = backends.get(platform);
  const system: SystemGraphics =
    backend === undefined
      ? { cards: [], obstacle: noProvider(platform), triable: false, drivers: '' }
      : await systemGraphics();
  const parts = [platform, release(), runtimeVersion(program), changedAt(program), system.drivers];
  const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  return { ...system, backend: backend ?? '', key };
}

const noProvider = (platform: string): Obstacle => ({
  message: t('ONNX Runtime has no GPU support for this platform ({0}).', platform),
  hint: t(
    'It has on Linux x64, macOS on Apple silicon, and Windows. Set device to "cpu", or train with the torch engine.',
  ),
});

async function systemGraphics(): Promise<SystemGraphics> {
  if (process.platform === 'linux') return linuxGraphics();
  if (process.platform === 'win32') return windowsGraphics();
  // Apple silicon has one GPU, named as its processor; its driver comes with the system.
  const name = cpus()[0]?.model ?? 'Apple silicon';
  // In the memory of the machine, of which the system gives a GPU about three quarters.
  const card = { name: `${name} GPU`, driver: null, memoryBytes: 0.75 * totalmem() };
  return { cards: [card], obstacle: null, triable: false, drivers: name };
}

function runtimeVersion(program: string): string {
  try {
    const file = join(dirname(program), '..', 'node_modules', 'onnxruntime-node', 'package.json');
    return String((JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version);
  } catch {
    return '';
  }
}

/** Another version of the engine is as fast as it is. */
function changedAt(file: string): number {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}
