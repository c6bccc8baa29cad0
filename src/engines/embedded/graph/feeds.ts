/** What a graph is run on: flat arrays with their shapes, or tensors that are on the device already. */

export type TensorData = Float32Array | Int32Array;

export interface Feed {
  data: TensorData;
  shape: readonly number[];
}

/** A tensor in the memory of the device, which only the runtime can read: see `DeviceTensor`. */
export interface ResidentFeed {
  readonly resident: true;
  readonly type: 'float32' | 'int32';
  readonly shape: readonly number[];
}

export type Feeds = Record<string, Feed | ResidentFeed>;

export function isResident(feed: Feed | ResidentFeed): feed is ResidentFeed {
  return 'resident' in feed;
}
