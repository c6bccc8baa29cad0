/** Runs a graph on ONNX Runtime. `run` blocks its thread, so the engine lives in a worker. */
import { availableParallelism } from 'node:os';
import * as ort from 'onnxruntime-node';
import type { Feed, Feeds, GraphBuilder, TensorData, TensorDescription } from './graph/index.js';

export interface RuntimeOptions {
  /** Threads inside an operator. */
  threads: number;
}

/** @param threads as in an experiment: 0 uses one per core */
export function runtimeOptions(threads: number): RuntimeOptions {
  return { threads: threads === 0 ? availableParallelism() : threads };
}

/** Turns an array and its shape into what ONNX Runtime takes, without copying. */
function toTensor({ data, shape }: Feed): ort.Tensor {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, shape);
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, shape);
  // Where JavaScript has a Float16Array, the library makes one of the bits, which its own native part does not know.
  return Object.defineProperty(new ort.Tensor('float16', data, shape), 'data', { value: data });
}

export class Program {
  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly inputs: readonly TensorDescription[],
  ) {}

  static async compile(graph: GraphBuilder, { threads }: RuntimeOptions): Promise<Program> {
    const session = await ort.InferenceSession.create(graph.encode(), {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      // A dozen graphs of other sizes are kept compiled. With an arena each would keep the memory of its own pass; the
      // trainer's allocator keeps it once, for all.
      enableCpuMemArena: false,
      enableMemPattern: false,
      // Spinning threads steal the core that JavaScript needs between the runs of a decode loop.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
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

function elementType(data: TensorData): TensorDescription['type'] {
  if (data instanceof Float32Array) return 'float32';
  return data instanceof Int32Array ? 'int32' : 'float16';
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
  const found = elementType(feed.data);
  if (found !== type) throw new Error(`Input ${name} is ${found}; the graph takes ${type}.`);
}
