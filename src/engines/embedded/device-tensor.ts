/** A tensor in the memory of the device. */
import type { Tensor } from 'onnxruntime-node';
import type { ResidentFeed } from './graph/index.js';

/**
 * Its memory is given back by `dispose` alone, never by the garbage collector. The program that made it owns it, and
 * disposes of it at the latest when it is released.
 */
export class DeviceTensor implements ResidentFeed {
  readonly resident = true;
  readonly type: 'float32' | 'int32';
  readonly shape: readonly number[];
  #isDisposed = false;

  constructor(
    readonly tensor: Tensor,
    private readonly onDispose: (tensor: DeviceTensor) => void,
  ) {
    if (tensor.type !== 'float32' && tensor.type !== 'int32') {
      throw new Error(`A tensor on the device is ${tensor.type}.`);
    }
    this.type = tensor.type;
    this.shape = tensor.dims;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.tensor.dispose();
    this.onDispose(this);
  }
}
