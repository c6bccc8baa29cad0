/** What NVIDIA's driver says of the GPUs of this machine. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { t } from '@vscode/l10n';

const execute = promisify(execFile);

export interface Gpu {
  index: number;
  name: string;
  /** Bytes; null when the driver does not say, as where a GPU shares the memory of the processor. */
  memory: number | null;
  free: number | null;
}

export interface GpuReport {
  gpus: Gpu[];
  /** `580.65.06`; null when there is no driver. */
  driver: string | null;
  /** What is wrong, in the words of the driver; null when nothing is. Other GPUs may be known nonetheless. */
  problem: string | null;
  /** `CUDA_VISIBLE_DEVICES`: the GPUs that programs are shown. Null where it is not set. */
  visible: string | null;
}

const timeoutMilliseconds = 10_000;
const fields = ['index', 'name', 'memory.total', 'memory.free', 'driver_version'];

export async function queryGpus(
  program = 'nvidia-smi',
  environment: NodeJS.ProcessEnv = process.env,
): Promise<GpuReport> {
  const visible = environment.CUDA_VISIBLE_DEVICES ?? null;
  try {
    const query = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits'];
    const { stdout } = await execute(program, query, { timeout: timeoutMilliseconds, windowsHide: true });
    return { ...parseGpus(stdout), visible };
  } catch (error) {
    return { ...parseFailure(error as Failure), visible };
  }
}

/** What `execFile` rejects with. */
interface Failure {
  message: string;
  code?: unknown;
  killed?: boolean;
  stdout?: string;
  stderr?: string;
}

/** The program prints its reasons on standard output, with the GPUs that respond. */
function parseFailure({ message, code, killed, stdout = '', stderr = '' }: Failure): GpuReport {
  if (code === 'ENOENT') return { ...parseGpus(''), problem: t('There is no nvidia-smi.') };
  const known = parseGpus(stdout);
  if (killed) return { ...known, problem: 'nvidia-smi does not respond.' };
  if (stdout.trim() !== '' && known.problem !== null) return known;
  const reason = words(stderr) || (typeof code === 'number' ? `exit code ${code}` : message);
  return { ...known, problem: `nvidia-smi: ${reason}` };
}

/** Lines of `nvidia-smi --format=csv,noheader,nounits`; memory comes in MiB. */
export function parseGpus(text: string): GpuReport {
  const gpus: Gpu[] = [];
  const others: string[] = [];
  let driver: string | null = null;
  for (const line of text.split('\n')) {
    const [index = '', ...rest] = line.split(',').map((cell) => cell.trim());
    const [total = '', free = '', version = ''] = rest.slice(-3);
    const name = rest.slice(0, -3).join(', ');
    if (!/^\d+$/.test(index) || name === '') {
      others.push(line);
      continue;
    }
    if (/^\d/.test(version)) driver ??= version;
    // A GPU that has failed has a reason in brackets for a name.
    if (name.startsWith('[')) others.push(`GPU ${index}: ${name}`);
    else gpus.push({ index: Number(index), name, memory: mebibytes(total), free: mebibytes(free) });
  }
  const said = words(others.join('\n'));
  const problem = said !== '' ? `nvidia-smi: ${said}` : gpus.length === 0 ? 'nvidia-smi lists no GPU.' : null;
  return { gpus, driver, problem, visible: null };
}

/** Null for `[N/A]`, `[Insufficient Permissions]` and the like. */
const mebibytes = (cell: string): number | null => (/^\d+$/.test(cell) ? Number(cell) * 2 ** 20 : null);

/** Lines as one, with a full stop between them. */
function words(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter(Boolean).join('. ').slice(0, 500);
}

/** `NVIDIA H100 80GB HBM3, 80 GiB` */
export function describeGpu({ name, memory }: Gpu): string {
  return `${name}, ${memory === null ? 'memory not known' : `${Math.round(memory / 2 ** 30)} GiB`}`;
}

/** Whether programs that are started here can be expected to find a GPU. */
export const hasGpu = (report: GpuReport): boolean => report.gpus.length > 0 && !hidesAll(report);

/**
 * Whether `CUDA_VISIBLE_DEVICES` leaves nothing. CUDA reads it up to the first part that is no GPU, and takes none
 * where one is named twice.
 */
export function hidesAll({ visible, gpus }: GpuReport): boolean {
  if (visible === null) return false;
  const parts = visible.split(',').map((part) => part.trim());
  const [first = ''] = parts;
  if (/^(GPU|MIG)-/.test(first)) return false;
  const isGpu = (part: string) => /^\d+$/.test(part) && gpus.some(({ index }) => index === Number(part));
  const end = parts.findIndex((part) => !isGpu(part));
  const named = end === -1 ? parts : parts.slice(0, end);
  return named.length === 0 || new Set(named.map(Number)).size < named.length;
}

const remedies: [said: RegExp, remedy: string][] = [
  [/version mismatch/i, 'Restart the machine: its driver was updated, and the old one is still loaded.'],
  [/communicate with the NVIDIA driver/i, 'The driver is not loaded: restart the machine, or reinstall it.'],
  [/does not answer|is lost|Unknown Error|device handle/i, 'Restart the machine: a GPU does not respond.'],
  [/permission/i, 'Ask the administrator of this machine for access to its GPUs.'],
  [
    /No devices/i,
    'The driver has no GPU: request one if this is a container or a batch job, else restart the machine.',
  ],
];

/** What to do about a report's problem, as a sentence. */
export function gpuRemedy(problem: string | null): string {
  const known = remedies.find(([said]) => said.test(problem ?? ''));
  return known?.[1] ?? 'On a machine with a GPU, install its driver first.';
}
