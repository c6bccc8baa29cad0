/** What NVIDIA's driver says of the GPUs of this machine. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface Gpu {
  index: number;
  name: string;
  /** Bytes. */
  memory: number;
  free: number;
}

export interface GpuReport {
  gpus: Gpu[];
  /** `580.65.06`; null when there is no driver. */
  driver: string | null;
  /** Why nothing is known, or null. */
  problem: string | null;
}

const TIMEOUT_MILLISECONDS = 10_000;
const fields = ['index', 'name', 'memory.total', 'memory.free', 'driver_version'];

export async function queryGpus(program = 'nvidia-smi'): Promise<GpuReport> {
  try {
    const query = [`--query-gpu=${fields.join(',')}`, '--format=csv,noheader,nounits'];
    const { stdout } = await execute(program, query, { timeout: TIMEOUT_MILLISECONDS, windowsHide: true });
    return parseGpus(stdout);
  } catch (error) {
    const missing = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
    const text = error instanceof Error ? error.message.trim().split('\n').at(-1)! : String(error);
    const problem = missing ? 'There is no nvidia-smi.' : `nvidia-smi: ${text}`;
    return { gpus: [], driver: null, problem };
  }
}

/** Lines of `nvidia-smi --format=csv,noheader,nounits`; memory comes in MiB. */
export function parseGpus(text: string): GpuReport {
  const rows = text
    .split('\n')
    .map((line) => line.split(',').map((cell) => cell.trim()))
    .filter((cells) => cells.length === fields.length && /^\d+$/.test(cells[0]!));
  const mebibytes = (cell: string) => (Number.parseInt(cell, 10) || 0) * 2 ** 20;
  const gpus = rows.map(([index = '', name = '', total = '', free = '']) => ({
    index: Number(index),
    name,
    memory: mebibytes(total),
    free: mebibytes(free),
  }));
  const problem = gpus.length === 0 ? 'nvidia-smi names no GPU.' : null;
  return { gpus, driver: rows[0]?.[4] ?? null, problem };
}
