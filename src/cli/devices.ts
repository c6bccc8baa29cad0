/** `g2rl devices`: what each engine can compute on here, and why not on the rest. */
import { type ListedDevice, listDevices } from '../actions/index.js';
import { hostOf } from './context.js';

export interface DevicesOptions {
  python?: string;
  json?: boolean;
}

export async function devices(options: DevicesOptions): Promise<number> {
  const found = await listDevices(hostOf(options), true);
  process.stdout.write(options.json ? `${JSON.stringify({ devices: found })}\n` : describe(found));
  return 0;
}

const titles = {
  embedded: 'Embedded engine ("device": "auto", "cpu" or "webgpu" in the experiment)',
  torch: 'Torch engine ("engine": "torch")',
} as const;

function describe(found: readonly ListedDevice[]): string {
  const parts = (['embedded', 'torch'] as const).map((engine) => {
    const rows = found.filter((device) => device.engine === engine).flatMap(lines);
    return `${titles[engine]}\n${rows.join('\n')}`;
  });
  return `${parts.join('\n\n')}\n`;
}

function lines({ kind, name, usable, facts, remark, hint }: ListedDevice): string[] {
  const what = kind === 'processor' ? 'processor' : usable ? 'GPU' : 'not usable';
  const further = [remark, hint].filter(Boolean).map((text) => `${' '.repeat(14)}${text}`);
  return [`  ${what.padEnd(12)}${[name, ...facts].join(', ')}`, ...further];
}
