/** GPUs of Linux, and whether there is what Vulkan needs for them: its loader, a driver, and access to the card. */
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { t } from '@vscode/l10n';
import { pciName } from './pci-names.js';
import type { GraphicsCard, Obstacle, SystemGraphics } from './system-graphics.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** @param root of the file system, for tests */
export function linuxGraphics(environment: Environment = process.env, root = '/'): SystemGraphics {
  const manifests = driverManifests(environment, root);
  const nodes = renderNodes(root);
  const cards = [...nvidiaCards(root), ...drmCards(nodes, root)];
  const isPresent = cards.length > 0 || nodes.length > 0;
  const hasLoader = loaderExists(environment, root);
  const driversOfCards = manifests.filter((file) => !isSoftware(file));
  const obstacle = !isPresent
    ? noCard()
    : !hasLoader
      ? noLoader()
      : driversOfCards.length === 0
        ? noDriver(root)
        : noAccess(nodes);
  return {
    cards,
    obstacle,
    triable: hasLoader && manifests.length > 0,
    drivers: JSON.stringify([cards, manifests.map(sign), vulkanSettings(environment)]),
  };
}

const noCard = (): Obstacle => ({
  message: t('This machine has no GPU.'),
  hint: t(
    'Set device to "cpu" or "auto". In a container, pass the GPU on: --device /dev/dri, or --gpus all with NVIDIA_DRIVER_CAPABILITIES=all.',
  ),
});

const noLoader = (): Obstacle => ({
  message: t('The Vulkan loader, libvulkan.so.1, is not installed: without it no GPU can be used.'),
  hint: t(
    'Install it: sudo apt install libvulkan1, sudo dnf install vulkan-loader, or sudo pacman -S vulkan-icd-loader.',
  ),
});

function noDriver(root: string): Obstacle {
  const hint = existsSync(join(root, 'proc/driver/nvidia'))
    ? t(
        "Install the part of NVIDIA's driver that has Vulkan (libnvidia-gl on Debian and Ubuntu); start a container with NVIDIA_DRIVER_CAPABILITIES=all.",
      )
    : t(
        'Install it: sudo apt install mesa-vulkan-drivers, sudo dnf install mesa-vulkan-drivers, or sudo pacman -S vulkan-radeon or vulkan-intel.',
      );
  return { message: t('No Vulkan driver is installed for the GPU of this machine.'), hint };
}

/** Cards of NVIDIA may be open to all while their nodes here are not: the first one that is open will do. */
function noAccess(nodes: readonly string[]): Obstacle | null {
  const closed = nodes.filter((node) => !isOpen(node));
  if (nodes.length === 0 || closed.length < nodes.length) return null;
  return {
    message: t('This user may not use the GPU: {0} cannot be opened.', closed[0]!),
    hint: t('Add the user to the group render (sudo usermod -aG render $USER), then log in again.'),
  };
}

function isOpen(file: string): boolean {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** By the name of the manifest: lavapipe of Mesa, and SwiftShader. */
const isSoftware = (manifest: string): boolean => /lvp_icd|swiftshader/.test(basename(manifest));

/** Device files that compute: of Mesa's drivers, of NVIDIA's, and of Windows below WSL. */
function renderNodes(root: string): string[] {
  const named = (folder: string, pattern: RegExp) =>
    names(join(root, folder))
      .filter((name) => pattern.test(name))
      .map((name) => join(root, folder, name));
  return [...named('dev/dri', /^renderD\d+$/), ...named('dev', /^(nvidia\d+|dxg)$/)];
}

function nvidiaCards(root: string): GraphicsCard[] {
  const folder = join(root, 'proc/driver/nvidia');
  const version = /Kernel Module(?: for \S+)?\s+([\d.]+)/.exec(read(join(folder, 'version')))?.[1] ?? null;
  return names(join(folder, 'gpus')).flatMap((gpu) => {
    const name = /^Model:\s*(.+?)\s*$/m.exec(read(join(folder, 'gpus', gpu, 'information')))?.[1];
    return name === undefined ? [] : [{ name, driver: version === null ? 'nvidia' : `nvidia ${version}` }];
  });
}

/** Those of other makers, by their numbers on the bus. */
function drmCards(nodes: readonly string[], root: string): GraphicsCard[] {
  return nodes.flatMap((node) => {
    const folder = join(root, 'sys/class/drm', basename(node), 'device');
    const driver = /^DRIVER=(.+)$/m.exec(read(join(folder, 'uevent')))?.[1] ?? null;
    const vendor = read(join(folder, 'vendor')).trim();
    // Listed by its own driver.
    if (vendor === '' || driver === 'nvidia') return [];
    const name = pciName(vendor, read(join(folder, 'device')).trim(), root);
    const memoryBytes = drmMemory(folder);
    return [{ name, driver, ...(memoryBytes !== null && { memoryBytes }) }];
  });
}

/** Less is what a GPU inside a processor sets aside for the screen: it computes in the memory of the machine. */
const leastOwnMemory = 2 * 2 ** 30;

/** As AMD's driver says it; Intel's says nothing. */
function drmMemory(folder: string): number | null {
  const bytesOf = (kind: string) => Number(read(join(folder, `mem_info_${kind}_total`)));
  const own = bytesOf('vram');
  if (!(own > 0)) return null;
  return own >= leastOwnMemory ? own : own + bytesOf('gtt');
}

/** Files that name the drivers, in the order in which the loader looks for them. */
function driverManifests(environment: Environment, root: string): string[] {
  const chosen = environment.VK_DRIVER_FILES ?? environment.VK_ICD_FILENAMES;
  const listed = (paths: string | undefined) =>
    (paths ?? '').split(delimiter).flatMap((path) => {
      if (path === '') return [];
      return path.endsWith('.json') ? [path] : manifestsOf(path);
    });
  if (chosen) return listed(chosen).filter((file) => existsSync(file));
  const { XDG_CONFIG_HOME, XDG_CONFIG_DIRS, XDG_DATA_HOME, XDG_DATA_DIRS } = environment;
  const home = homedir();
  const folders = [
    XDG_CONFIG_HOME || join(home, '.config'),
    ...(XDG_CONFIG_DIRS || '/etc/xdg').split(delimiter),
    '/etc',
    '/usr/local/etc',
    XDG_DATA_HOME || join(home, '.local/share'),
    ...(XDG_DATA_DIRS || '/usr/local/share:/usr/share').split(delimiter),
  ];
  const found = folders.flatMap((folder) => manifestsOf(join(root, folder, 'vulkan/icd.d')));
  return [...new Set([...listed(environment.VK_ADD_DRIVER_FILES), ...found])];
}

const manifestsOf = (folder: string): string[] =>
  names(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name));

/** A manifest and its library as they are now: an update changes one of the two. */
function sign(manifest: string): string {
  const library = /"library_path"\s*:\s*"([^"]+)"/.exec(read(manifest))?.[1] ?? '';
  const file = library.includes('/') ? resolve(dirname(manifest), library) : library;
  return [manifest, changedAt(manifest), file, changedAt(file)].join(' ');
}

function changedAt(file: string): number {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return 0;
  }
}

/** Variables that choose among drivers. */
function vulkanSettings(environment: Environment): string[] {
  return Object.entries(environment)
    .filter(([name]) => /^(VK_|MESA_VK_|DRI_PRIME$|__NV_PRIME|CUDA_VISIBLE)/.test(name))
    .map(([name, value]) => `${name}=${value}`)
    .sort();
}

/** Whether the linker would find libvulkan.so.1. */
function loaderExists({ LD_LIBRARY_PATH = '' }: Environment, root: string): boolean {
  const library = 'libvulkan.so.1';
  if (LD_LIBRARY_PATH.split(delimiter).some((folder) => folder && existsSync(join(folder, library))))
    return true;
  if (read(join(root, 'etc/ld.so.cache'), 'latin1').includes(library)) return true;
  // Where there is no such cache (Alpine, NixOS).
  const usual = [
    'lib64',
    'usr/lib64',
    'lib',
    'usr/lib',
    'usr/local/lib',
    'lib/x86_64-linux-gnu',
    'usr/lib/x86_64-linux-gnu',
  ];
  return usual.some((folder) => existsSync(join(root, folder, library)));
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function read(file: string, encoding: BufferEncoding = 'utf8'): string {
  try {
    return readFileSync(file, encoding);
  } catch {
    return '';
  }
}
