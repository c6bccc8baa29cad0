/** GPUs that nobody computes on, by the names that stay the same whatever a program is shown. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KnownError } from '../../../errors.js';

const execute = promisify(execFile);

const timeoutMilliseconds = 10_000;

/** What a driver and a screen keep is less. */
const mostUsed = 0.1;

/** The driver does not say which GPUs there are. */
class GpuError extends KnownError {
  override readonly name = 'GpuError';
}

export interface GpuUse {
  /** `GPU-…`, as `CUDA_VISIBLE_DEVICES` takes it. */
  uuid: string;
  /** No program computes on it, as far as the driver says. */
  free: boolean;
}

/**
 * The GPUs that this process may use, in the order in which it is shown them.
 * @param program nvidia-smi
 * @throws {GpuError}
 */
export async function gpuUse(
  program = 'nvidia-smi',
  environment: NodeJS.ProcessEnv = process.env,
): Promise<GpuUse[]> {
  const ask = async (...parameters: string[]): Promise<string[][]> => {
    const query = [...parameters, '--format=csv,noheader,nounits'];
    try {
      const { stdout } = await execute(program, query, { timeout: timeoutMilliseconds, windowsHide: true });
      return stdout.split('\n').map((line) => line.split(',').map((cell) => cell.trim()));
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
      throw new GpuError(
        `The GPUs of this machine cannot be listed (${reason}).`,
        'A study with "parallel": "gpus" needs NVIDIA GPUs and nvidia-smi; give a number of runs otherwise.',
      );
    }
  };
  const rows = (await ask('--query-gpu=index,uuid,memory.used,memory.total')).filter(([, uuid = '']) =>
    uuid.startsWith('GPU-'),
  );
  const computing = new Set((await ask('--query-compute-apps=gpu_uuid')).map(([uuid = '']) => uuid));
  const gpus = rows.map(([index = '', uuid = '', used = '', total = '']) => ({
    index,
    uuid,
    free: !computing.has(uuid) && !(Number(used) / Number(total) > mostUsed),
  }));
  return shown(gpus, environment.CUDA_VISIBLE_DEVICES).map(({ uuid, free }) => ({ uuid, free }));
}

/** CUDA reads the variable up to the first part that names no GPU; a UUID may be its beginning. */
function shown<T extends { index: string; uuid: string }>(
  gpus: readonly T[],
  visible: string | undefined,
): readonly T[] {
  if (visible === undefined) return gpus;
  const found: T[] = [];
  for (const part of visible.split(',').map((one) => one.trim())) {
    const matching = gpus.filter(({ index, uuid }) =>
      /^\d+$/.test(part) ? Number(index) === Number(part) : part !== '' && uuid.startsWith(part),
    );
    const [gpu] = matching;
    if (!gpu || matching.length > 1 || found.includes(gpu)) break;
    found.push(gpu);
  }
  return found;
}
