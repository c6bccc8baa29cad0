/** Tests the GPU, in a process of its own: what it can do, whether it computes rightly, and how long a step takes. */
import { reasonOf } from '../../errors.js';
import type { DeviceFindings, DeviceTestRequest } from '../contract/index.js';
import { gradientError } from './gradient-check.js';
import { measureAdapter } from './measure-adapter.js';
import { builtDevices } from './provider.js';
import { stepSeconds } from './step-trial.js';

/** @param report of what was found so far; what it tries is reported before: that may end the process */
export async function testDevice(
  { kind, experiment, trial, memoryBytes }: DeviceTestRequest,
  report: (findings: DeviceFindings) => void,
): Promise<void> {
  try {
    if (!builtDevices().includes('webgpu')) throw new Error('ONNX Runtime is built without WebGPU here');
    if (kind === 'adapter') {
      await measureAdapter(report);
    } else {
      report({ trying: 'a gradient' });
      report({ gradientError: await gradientError() });
      if (experiment && trial) await stepSeconds(experiment, memoryBytes, report);
    }
    report({ done: true });
  } catch (error) {
    report({ failure: shortReason(error) });
  }
}

/** ONNX Runtime puts the place in its code before the reason. */
function shortReason(error: unknown): string {
  const [line = ''] = reasonOf(error).split('\n', 1);
  return line.replace(/^.* was false\. /, '').slice(0, 300);
}
