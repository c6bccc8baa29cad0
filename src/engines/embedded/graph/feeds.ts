/** What a graph is run on: flat arrays with their shapes. */

export type TensorData = Float32Array | Int32Array;

export interface Feed {
  data: TensorData;
  shape: readonly number[];
}

export type Feeds = Record<string, Feed>;
