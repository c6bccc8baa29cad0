/** The process that tests the GPU: it may crash or hang, and what it had found by then counts. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { t } from '@vscode/l10n';
import { parseObject } from '../../runs/protocol/index.js';
import { type DeviceFindings, type DeviceTestRequest, deviceFindingsSchema } from '../contract/index.js';
import { DriverWords } from './driver-words.js';

/** Of a test without a trial: seconds, but the first shaders of a driver may take more on a busy machine. */
const testMilliseconds = 120_000;

/** A step on the GPU, shaders compiled on the way. */
const trialMilliseconds = 180_000;
/** The processor may take so many times as long as the GPU before its step is given up, and at least this long. */
const patience = 20;
const leastMilliseconds = 10_000;

export interface DeviceTester {
  /** `dist/engine-worker.cjs`. */
  program: string;
  /** In which this process's own program runs it as Node would; by default this process's own. */
  environment?: NodeJS.ProcessEnv;
  /** Ends the test. */
  signal?: AbortSignal;
}

export interface TestedDevice extends DeviceFindings {
  /** Name of the adapter as its driver says it; null when it says none. */
  adapter: string | null;
  /** The largest buffer that it allows. */
  maxBufferBytes: number | null;
}

/** Never fails: what goes wrong is the `failure` of the findings. @throws the signal's reason */
export async function testDevice(
  request: Pick<DeviceTestRequest, 'kind'> & Partial<DeviceTestRequest>,
  { program, environment = process.env, signal }: DeviceTester,
): Promise<TestedDevice> {
  signal?.throwIfAborted();
  const child = spawn(process.execPath, [program, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    env: {
      ...environment,
      // The Vulkan loader then says which GPU it takes.
      VK_LOADER_DEBUG: 'layer',
    },
  });
  let findings: DeviceFindings = {};
  let isLate = false;
  let timer: NodeJS.Timeout | undefined;
  const allow = (milliseconds: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, milliseconds);
  };
  allow(testMilliseconds);
  const words = new DriverWords();
  createInterface({ input: child.stderr }).on('line', (line) => words.read(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { data } = deviceFindingsSchema.safeParse(parseObject(line));
    if (!data) return;
    findings = { ...findings, ...data };
    if (data.trying === 'a step on the GPU') allow(trialMilliseconds);
    if (data.stepSeconds && data.stepSeconds.cpu === undefined) {
      allow(Math.max(leastMilliseconds, patience * 1000 * data.stepSeconds.webgpu));
    }
  });
  const end = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', end, { once: true });
  const { code, by } = await new Promise<{ code: number | null; by: string | null }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, by: error.message }));
    child.once('close', (exitCode, name) => resolve({ code: exitCode, by: name }));
  });
  clearTimeout(timer);
  signal?.removeEventListener('abort', end);
  signal?.throwIfAborted();
  const { done, failure, trying = '', stepSeconds } = findings;
  const found = { ...findings, adapter: words.adapter, maxBufferBytes: words.maxBufferBytes };
  // A step that the processor does not finish in so much more time is the answer that was asked for.
  if (done || failure !== undefined || (isLate && stepSeconds)) return found;
  const how = isLate
    ? t('it did not respond in time')
    : t('the driver ended the process ({0})', by ?? t('exit code {0}', String(code)));
  const said = words.last === '' ? '' : `: ${words.last}`;
  return { ...found, failure: trying === '' ? `${how}${said}` : `${how}, ${t('during {0}', trying)}${said}` };
}

/** Why a test ended early, as a sentence. */
export function failureOf({ failure }: TestedDevice): string | null {
  if (failure === undefined) return null;
  if (/No supported adapters/.test(failure)) return t('Its driver was not found, or is too old for WebGPU.');
  return /[.!?]$/.test(failure) ? failure : `${failure}.`;
}
