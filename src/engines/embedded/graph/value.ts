/** What a graph is made of. */
import type { Attribute, ElementType, TensorDescription } from './onnx.js';

/** What a graph is built for: not every operator exists on both. */
export type Device = 'cpu' | 'webgpu';

/** A tensor inside a graph. `differentiable` values have a path to a parameter. */
export interface Value extends TensorDescription {
  readonly differentiable: boolean;
}

export interface NodeOptions {
  attributes?: Record<string, Attribute>;
  /** `com.microsoft` for ONNX Runtime's own operators. */
  domain?: string;
  type?: ElementType;
}
