/** What systems show of their GPUs, from trees of files as they are on real machines. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linuxGraphics } from '../../../../src/engines/devices/linux-graphics.js';
import { parseAdapters } from '../../../../src/engines/devices/windows-graphics.js';
import { scratch } from '../../../scratch.js';

function tree(files: Record<string, string>): string {
  const root = scratch('root');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const loader = { 'etc/ld.so.cache': 'glibc-ld.so.cache1.1 libvulkan.so.1 /lib/libvulkan.so.1' };
const manifest = (library: string) =>
  JSON.stringify({ ICD: { api_version: '1.3.0', library_path: library }, file_format_version: '1.0.0' });
const mesa = {
  'usr/share/vulkan/icd.d/intel_icd.x86_64.json': manifest('/usr/lib/libvulkan_intel.so'),
  'usr/share/vulkan/icd.d/lvp_icd.x86_64.json': manifest('/usr/lib/libvulkan_lvp.so'),
};
const intel = {
  'dev/dri/renderD128': '',
  'sys/class/drm/renderD128/device/vendor': '0x8086\n',
  'sys/class/drm/renderD128/device/device': '0x46a6\n',
  'sys/class/drm/renderD128/device/uevent': 'DRIVER=i915\nPCI_ID=8086:46A6\n',
};
const nvidia = {
  'dev/nvidia0': '',
  'dev/nvidiactl': '',
  'proc/driver/nvidia/version':
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\nGCC version: …\n',
  'proc/driver/nvidia/gpus/0000:01:00.0/information':
    'Model: \t\t NVIDIA GeForce RTX 4060 Laptop GPU\nIRQ:   \t\t 180\n',
};
const look = (...files: Record<string, string>[]) =>
  linuxGraphics({ XDG_CONFIG_HOME: '/none', XDG_DATA_HOME: '/none' }, tree(Object.assign({}, ...files)));

describe('Linux', () => {
  test('names a GPU by the list of the distribution, else by its number', () => {
    const list = {
      'usr/share/misc/pci.ids':
        '8085  Other\n\t46a6  No\n8086  Intel Corporation\n\t46a6  Alder Lake-P [Iris Xe]\n\t\t1 x\n9000  X\n',
    };
    expect(look(loader, mesa, intel, list)).toMatchObject({
      cards: [{ name: 'Intel Alder Lake-P [Iris Xe]', driver: 'i915' }],
      obstacle: null,
    });
    expect(look(loader, mesa, intel).cards).toEqual([{ name: 'Intel GPU 46a6', driver: 'i915' }]);
  });

  test('says how much memory a card has, and for one inside a processor what it may use of the machine', () => {
    const amd = (vram: number) => ({
      'dev/dri/renderD128': '',
      'sys/class/drm/renderD128/device/vendor': '0x1002\n',
      'sys/class/drm/renderD128/device/device': '0x73ff\n',
      'sys/class/drm/renderD128/device/uevent': 'DRIVER=amdgpu\n',
      'sys/class/drm/renderD128/device/mem_info_vram_total': `${vram}\n`,
      'sys/class/drm/renderD128/device/mem_info_gtt_total': `${16 * 2 ** 30}\n`,
    });
    expect(look(loader, mesa, amd(8 * 2 ** 30)).cards[0]?.memoryBytes).toBe(8 * 2 ** 30);
    expect(look(loader, mesa, amd(2 ** 29)).cards[0]?.memoryBytes).toBe(16.5 * 2 ** 30);
    expect(look(loader, mesa, intel).cards[0]?.memoryBytes).toBeUndefined();
  });

  test('names those of NVIDIA as their driver does, with its version', () => {
    const own = { 'etc/vulkan/icd.d/nvidia_icd.json': manifest('libGLX_nvidia.so.0') };
    expect(look(loader, own, nvidia)).toMatchObject({
      cards: [{ name: 'NVIDIA GeForce RTX 4060 Laptop GPU', driver: 'nvidia 550.54.14' }],
      obstacle: null,
    });
  });

  test.each<[string, Record<string, string>[], RegExp, RegExp, boolean]>([
    ['no GPU, though drivers are installed', [loader, mesa], /no GPU/, /container/, true],
    ['no loader', [mesa, intel], /libvulkan\.so\.1, is not installed/, /apt install libvulkan1/, false],
    ['no driver of Mesa', [loader, intel], /No Vulkan driver/, /mesa-vulkan-drivers/, false],
    ['no Vulkan of NVIDIA', [loader, nvidia], /No Vulkan driver/, /NVIDIA_DRIVER_CAPABILITIES=all/, false],
    [
      'only a driver that computes on the processor',
      [loader, intel, { 'usr/share/vulkan/icd.d/lvp_icd.json': manifest('x') }],
      /No Vulkan driver/,
      /mesa-vulkan-drivers/,
      true,
    ],
  ])('says what is missing: %s', (_, files, message, hint, triable) => {
    const found = look(...files);
    expect(found.obstacle?.message).toMatch(message);
    expect(found.obstacle?.hint).toMatch(hint);
    expect(found.triable).toBe(triable);
  });

  test.skipIf(process.getuid?.() === 0)('says when this user may not open it', () => {
    const root = tree({ ...loader, ...mesa, ...intel });
    chmodSync(join(root, 'dev/dri/renderD128'), 0);
    expect(linuxGraphics({}, root).obstacle?.hint).toContain('usermod -aG render');
  });

  test('drivers that a variable names are the only ones', () => {
    const root = tree({ ...loader, ...mesa, ...intel });
    const none = linuxGraphics({ VK_DRIVER_FILES: '/none.json' }, root);
    expect(none.obstacle?.message).toContain('No Vulkan driver');
    expect(none.triable).toBe(false);
  });

  test('another driver, or another choice among them, is another state of the machine', () => {
    const root = tree({ ...loader, ...mesa, ...intel });
    const { drivers } = linuxGraphics({}, root);
    expect(linuxGraphics({}, root).drivers).toBe(drivers);
    expect(linuxGraphics({ DRI_PRIME: '1' }, root).drivers).not.toBe(drivers);
    writeFileSync(join(root, 'usr/share/vulkan/icd.d/radeon_icd.json'), manifest('x'));
    expect(linuxGraphics({}, root).drivers).not.toBe(drivers);
  });
});

test('Windows: display adapters of the registry, without those that do not compute', () => {
  const text = [
    'HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet\\Class\\{4d36e968}',
    '    Class    REG_SZ    Display',
    '',
    'HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet\\Class\\{4d36e968}\\0000',
    '    DriverDesc    REG_SZ    Intel(R) Iris(R) Xe Graphics',
    '    DriverVersion    REG_SZ    31.0.101.4502',
    '',
    'HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet\\Class\\{4d36e968}\\0000\\VolatileSettings',
    '    DriverDesc    REG_SZ    no',
    '',
    'HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet\\Class\\{4d36e968}\\0001',
    '    DriverVersion    REG_SZ    10.0.1',
    '    DriverDesc    REG_SZ    Microsoft Basic Display Adapter',
    '',
  ].join('\r\n');
  expect(parseAdapters(text)).toEqual([{ name: 'Intel(R) Iris(R) Xe Graphics', driver: '31.0.101.4502' }]);
  // A card of its own says how much memory it has.
  const memory = (size: string) =>
    text.replace(
      '31.0.101.4502',
      `31.0.101.4502\r\n    HardwareInformation.qwMemorySize    REG_QWORD    ${size}`,
    );
  expect(parseAdapters(memory('0x1ff800000'))[0]?.memoryBytes).toBe(0x1ff800000);
  expect(parseAdapters(memory('0x8000000'))[0]?.memoryBytes).toBeUndefined();
});
