/** Runs a graph on ONNX Runtime. `run` blocks its thread, so the engine lives in a worker. */
import * as ort from 'onnxruntime-node';
import { DeviceTensor } from './device-tensor.js';
import type {
  Feed,
  Feeds,
  GraphBuilder,
  GraphSignature,
  ResidentFeed,
  TensorData,
  TensorDescription,
} from './graph/index.js';
import { type RuntimeOptions, sessionOptions } from './provider.js';

async function compile(
  graph: GraphBuilder,
  options: RuntimeOptions,
  further: ort.InferenceSession.SessionOptions = {},
): Promise<ort.InferenceSession> {
  if (graph.device !== options.device) {
    throw new Error(`The graph is built for ${graph.device}, and is to run on ${options.device}.`);
  }
  return ort.InferenceSession.create(graph.encode(), { ...sessionOptions(options), ...further });
}

/** A graph whose results are arrays, but for those that take the memory of what it is fed. */
export class Program {
  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly signature: GraphSignature,
  ) {}

  /** @throws when the graph is not for this device, or writes over what it still reads */
  static async compile(graph: GraphBuilder, options: RuntimeOptions): Promise<Program> {
    return new Program(await compile(graph, options), graph.signature());
  }

  /**
   * Runs the graph. What replaces an input is in that input's memory afterwards, `into` names tensors on the device that
   * take other results; the rest is returned.
   * Throws, before native code sees them, on feeds that do not fit: a native abort could not be caught.
   */
  async run(
    feeds: Feeds,
    into: Readonly<Record<string, DeviceTensor>> = {},
  ): Promise<Record<string, TensorData>> {
    const tensors = tensorsOf(this.signature.inputs, feeds);
    const { inPlace } = this.signature;
    const fetches: Record<string, ort.Tensor | null> = {};
    for (const output of this.session.outputNames) {
      const input = inPlace.get(output);
      fetches[output] = input === undefined ? (into[output]?.tensor ?? null) : tensors[input]!;
    }
    const arrays: Record<string, TensorData> = {};
    for (const [name, result] of Object.entries(await this.session.run(tensors, fetches))) {
      const tensor = result as ort.Tensor;
      // Another object for the memory that was given; it does not own it.
      if (tensor.location === 'gpu-buffer') tensor.dispose();
      else if (!inPlace.has(name)) arrays[name] = tensor.data as TensorData;
    }
    return arrays;
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}

/**
 * A graph all of whose results stay on the device, in memory of their own. (A session either gives results memory of
 * their own or takes memory for them: with both the memory that it is given is silently ignored.)
 */
export class ResidentProgram {
  readonly #results = new Set<DeviceTensor>();

  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly signature: GraphSignature,
  ) {}

  static async compile(graph: GraphBuilder, options: RuntimeOptions): Promise<ResidentProgram> {
    const session = await compile(graph, options, { preferredOutputLocation: 'gpu-buffer' });
    return new ResidentProgram(session, graph.signature());
  }

  /** The caller disposes of the results; `release` of those that are left. */
  async run(feeds: Feeds): Promise<Record<string, DeviceTensor>> {
    const results = await this.session.run(tensorsOf(this.signature.inputs, feeds));
    return Object.fromEntries(
      Object.entries(results).map(([name, result]) => {
        const tensor = new DeviceTensor(result as ort.Tensor, (disposed) => this.#results.delete(disposed));
        this.#results.add(tensor);
        return [name, tensor];
      }),
    );
  }

  /** Disposes of its results first: a tensor that is disposed of after its session ends the process. */
  async release(): Promise<void> {
    for (const tensor of this.#results) tensor.dispose();
    await this.session.release();
  }
}

function tensorsOf(inputs: readonly TensorDescription[], feeds: Feeds): Record<string, ort.Tensor> {
  const tensors: Record<string, ort.Tensor> = {};
  for (const { name, type, shape } of inputs) {
    const feed = feeds[name];
    if (!feed) throw new Error(`Input ${name} is missing.`);
    checkFeed(name, feed, type, shape);
    tensors[name] = feed instanceof DeviceTensor ? feed.tensor : toTensor(feed as Feed);
  }
  return tensors;
}

/** Turns an array and its shape into what ONNX Runtime takes, without copying. */
function toTensor({ data, shape }: Feed): ort.Tensor {
  return data instanceof Float32Array
    ? new ort.Tensor('float32', data, shape)
    : new ort.Tensor('int32', data, shape);
}

function checkFeed(
  name: string,
  feed: Feed | ResidentFeed,
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
  if (feed instanceof DeviceTensor) {
    if (feed.type !== type) throw new Error(`Input ${name} is ${feed.type}; the graph takes ${type}.`);
    return;
  }
  const { data } = feed as Feed;
  if (data.length !== size) {
    throw new Error(`Input ${name} has ${data.length} values; [${feed.shape}] needs ${size}.`);
  }
  const found = data instanceof Float32Array ? 'float32' : 'int32';
  if (found !== type) throw new Error(`Input ${name} is ${found}; the graph takes ${type}.`);
}
