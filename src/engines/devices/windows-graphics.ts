/** GPUs of Windows, from the registry: Direct3D 12 comes with the system. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { t } from '@vscode/l10n';
import type { GraphicsCard, SystemGraphics } from './system-graphics.js';

const execute = promisify(execFile);
const timeoutMilliseconds = 5000;

/** The class of display adapters. */
const adapters = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}';

export async function windowsGraphics(): Promise<SystemGraphics> {
  let text = '';
  try {
    ({ stdout: text } = await execute('reg', ['query', adapters, '/s'], {
      timeout: timeoutMilliseconds,
      windowsHide: true,
      maxBuffer: 2 ** 24,
    }));
  } catch {
    // Unknown cards may still compute.
    return { cards: [], obstacle: null, triable: false, drivers: '' };
  }
  const cards = parseAdapters(text);
  const obstacle =
    cards.length > 0
      ? null
      : { message: t('This machine has no GPU.'), hint: t('Set device to "cpu" or "auto".') };
  return { cards, obstacle, triable: false, drivers: JSON.stringify(cards) };
}

/** A GPU inside a processor names less, and computes in the memory of the machine. */
const leastOwnMemory = 2 * 2 ** 30;

/** What `reg query /s` prints of the class: a key a card, its values below. */
export function parseAdapters(text: string): GraphicsCard[] {
  const cards: GraphicsCard[] = [];
  for (const section of text.split(/\r?\n(?=HKEY_)/)) {
    if (!/^HKEY_[^\r\n]*\\\d{4}\r?\n/.test(section)) continue;
    const value = (name: string) =>
      new RegExp(`^\\s+${name}\\s+REG_SZ\\s+(.+?)\\s*$`, 'm').exec(section)?.[1] ?? null;
    const name = value('DriverDesc');
    // Adapters for remote desktops and virtual screens have no driver that computes; that of the system is software.
    if (name === null || /Basic (Render|Display)|Remote Display/i.test(name)) continue;
    const memory = /^\s+HardwareInformation\.qwMemorySize\s+REG_QWORD\s+(0x[0-9a-f]+)/im.exec(section)?.[1];
    const memoryBytes = Number(memory ?? 0);
    cards.push({
      name,
      driver: value('DriverVersion'),
      ...(memoryBytes >= leastOwnMemory && { memoryBytes }),
    });
  }
  return cards;
}
