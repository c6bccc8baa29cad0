/** What a graph is run on: flat arrays with their shapes. */

/** Halves are the bits of float16 numbers. */
export type TensorData = Float32Array | Int32Array | Uint16Array;

export interface Feed {
  data: TensorData;
  shape: readonly number[];
}

export type Feeds = Record<string, Feed>;
