/** Which build of torch a driver can run, and where it is available. */
import { type GpuReport, hasGpu } from '../../nvidia/index.js';
import { satisfies } from './requirements.js';

/** Where one torch comes from. */
export interface TorchSource {
  /** `torch>=2.7` */
  requirement: string;
  /** One of PyTorch's own indexes, by the name that uv has for it, too; null for the ordinary index. */
  build: string | null;
}

export const indexOf = (build: string): string => `https://download.pytorch.org/whl/${build}`;

interface CudaBuild {
  build: string;
  cuda: string;
  /** The first driver that runs it on Linux. */
  driver: string;
}

/**
 * Newest first. A driver runs each CUDA of its major version: 13 from 580 on, 12 from 525.60.13 on (NVIDIA, "CUDA
 * Compatibility", minor version compatibility). Two of PyTorch's indexes with CUDA 12 are for torch 2.7 and newer:
 * cu128 has 2.7 to 2.11, with Blackwell, whose first drivers are 570; cu126 has 2.6 to 2.14, with older GPUs (PyTorch's
 * support matrices of the releases 2.12 and 2.15).
 */
const cudaBuilds: readonly CudaBuild[] = [
  { build: 'cu130', cuda: '13.0', driver: '580' },
  { build: 'cu128', cuda: '12.8', driver: '570' },
  { build: 'cu126', cuda: '12.6', driver: '525.60.13' },
];

/** From this release on the ordinary index has torch for CUDA 13; before it, for CUDA 12. */
const firstWithCuda13 = '2.11';

/** Before this driver no torch that the engine takes finds a GPU. */
export const oldestDriver = cudaBuilds.at(-1)!.driver;

/** The newest build that the driver runs; null when it runs none. */
export const buildFor = (driver: string): CudaBuild | null =>
  cudaBuilds.find(({ driver: oldest }) => satisfies(driver, `>=${oldest}`)) ?? null;

/** The driver that a build for this CUDA needs; null when that is not known. */
export function driverFor(cuda: string): string | null {
  const major = (version: string) => version.split('.')[0];
  return cudaBuilds.findLast((one) => major(one.cuda) === major(cuda))?.driver ?? null;
}

/** Whether the driver runs a torch that is built for this CUDA, as far as is known. */
export function runs(driver: string | null, cuda: string): boolean {
  const oldest = driverFor(cuda);
  return driver === null || oldest === null || satisfies(driver, `>=${oldest}`);
}

/** The build without CUDA that the engine is tested with. */
const withoutCuda = '2.13.0';

export interface TorchWish {
  /** Bounds of requirements.txt: `>=2.7`. */
  specifier: string;
  /** No CUDA. */
  cpu: boolean;
  gpus: GpuReport;
  uv: boolean;
  platform?: NodeJS.Platform;
}

/** Where to look for torch, the best place first. None: the ordinary index is enough. */
export function torchSources(wish: TorchWish): TorchSource[] {
  return wish.cpu ? sourcesWithoutCuda(wish) : sourcesWithCuda(wish);
}

/** An ordinary index may have it beside the build with CUDA, under another release name, or instead of it. */
const sourcesWithoutCuda = ({ specifier }: TorchWish): TorchSource[] => [
  { requirement: `torch==${withoutCuda}+cpu`, build: null },
  { requirement: `torch${specifier}`, build: 'cpu' },
  { requirement: `torch==${withoutCuda}`, build: null },
];

function sourcesWithCuda({ specifier, gpus, uv, platform = process.platform }: TorchWish): TorchSource[] {
  const { driver } = gpus;
  const fitting = hasGpu(gpus) && driver !== null ? buildFor(driver) : null;
  if (!fitting) return [];
  const newest = fitting === cudaBuilds[0];
  const ordinary: TorchSource = {
    requirement: newest ? `torch${specifier}` : `torch${specifier},<${firstWithCuda13}`,
    build: null,
  };
  const own: TorchSource = { requirement: `torch${specifier}`, build: uv ? 'auto' : fitting.build };
  // The ordinary index has no CUDA for Windows.
  return newest && !uv && platform !== 'win32' ? [ordinary] : [own, ordinary];
}
