/** Runs a graph on ONNX Runtime. `run` blocks its thread, so the engine lives in a worker. */
import * as ort from 'onnxruntime-node';
import type { Feed, Feeds, GraphBuilder, TensorData, TensorDescription } from './graph/index.js';
import { type RuntimeOptions, sessionOptions } from './provider.js';

/** Turns an array and its shape into what ONNX Runtime takes, without copying. */
function toTensor({ data, shape }: Feed): ort.Tensor {
  return data instanceof Float32Array
    ? new ort.Tensor('float32', data, shape)
    : new ort.Tensor('int32', data, shape);
}

export class Program {
  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly inputs: readonly TensorDescription[],
  ) {}

  static async compile(graph: GraphBuilder, options: RuntimeOptions): Promise<Program> {
    if (graph.device !== options.device) {
      throw new Error(`The graph is built for ${graph.device}, and is to run on ${options.device}.`);
    }
    const session = await ort.InferenceSession.create(graph.encode(), sessionOptions(options));
    return new Program(session, graph.signature().inputs);
  }

  /**
   * Runs the graph. `inPlace` maps outputs to inputs whose memory takes the result.
   * Throws, before native code sees them, on feeds that do not fit: a native abort could not be caught.
   */
  async run(feeds: Feeds, inPlace: Record<string, string> = {}): Promise<Record<string, TensorData>> {
    const tensors: Record<string, ort.Tensor> = {};
    for (const { name, type, shape } of this.inputs) {
      const feed = feeds[name];
      if (!feed) throw new Error(`Input ${name} is missing.`);
      checkFeed(name, feed, type, shape);
      tensors[name] = toTensor(feed);
    }
    const fetches = Object.fromEntries(
      this.session.outputNames.map((output) => {
        const input = inPlace[output];
        return [output, input === undefined ? null : tensors[input]!];
      }),
    );
    const results = await this.session.run(tensors, fetches);
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [name, (tensor as ort.Tensor).data as TensorData]),
    );
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

function checkFeed(
  name: string,
  feed: Feed,
  type: TensorDescription['type'],
  shape: TensorDescription['shape'],
) {
  const fits =
    feed.shape.length === shape.length &&
    shape.every((size, axis) => typeof size === 'string' || size === feed.shape[axis]);
  if (!fits) throw new Error(`Input ${name} has shape [${feed.shape}]; the graph takes [${shape}].`);
  const size = feed.shape.reduce((product, axis) => product * axis, 1);
  // Some kernels divide by a zero size and take the whole process down.
  if (size === 0) throw new Error(`Input ${name} is empty: [${feed.shape}].`);
  if (feed.data.length !== size) {
    throw new Error(`Input ${name} has ${feed.data.length} values; [${feed.shape}] needs ${size}.`);
  }
  const found = feed.data instanceof Float32Array ? 'float32' : 'int32';
  if (found !== type) throw new Error(`Input ${name} is ${found}; the graph takes ${type}.`);
}
