/** A GPU that fails while it computes. */
import { t } from '@vscode/l10n';
import { isFault, KnownError, reasonOf } from '../../errors.js';

/** What ONNX Runtime, Dawn and the drivers say then. */
const ofDevice =
  /webgpu|wgpu|dawn|vulkan|\bvk[A-Z]|d3d12|dxgi|metal|device (is |was )?lost|non-zero status code|narrowing_error|buffer/i;
const ofMemory = /out of (device )?memory|allocat|narrowing_error|buffer size|is invalid/i;

/** The GPU stopped working, or has too little memory. */
export class DeviceFailure extends KnownError {
  override readonly name = 'DeviceFailure';
}

/**
 * The error as people should read it where the engine computes on a GPU; any other error as it is.
 * @param name of the GPU; null for the processor
 * @param next what can be done on the processor, as a sentence
 */
export function asDeviceFailure(error: unknown, name: string | null, next: string): unknown {
  const reason = reasonOf(error);
  if (name === null || !isFault(error) || !ofDevice.test(reason)) return error;
  const [line = ''] = reason.split('\n', 1);
  const message = ofMemory.test(reason)
    ? t('{0} has too little memory for this: {1}', name, line)
    : t('{0} has failed: {1}', name, line);
  const lower = ofMemory.test(reason) ? t('Lower rollout.groupSize or rollout.maxNewTokens. ') : '';
  return new DeviceFailure(message, `${lower}${next}`, { cause: error });
}
