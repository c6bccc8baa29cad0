/** AdamW with clipping by the global norm, as one graph over the flat parameter array, updating it in place. */
import { add, type Device, GraphBuilder, multiply, subtract } from './graph/index.js';
import { Program } from './program.js';
import type { RuntimeOptions } from './provider.js';

export interface OptimizerSettings {
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  /** Largest L2 norm of the gradient. */
  gradientClip: number;
}

/** Added to the norm before dividing, as torch's clip_grad_norm_ does. */
export const normEpsilon = 1e-6;

export interface OptimizerState {
  firstMoment: Float32Array;
  secondMoment: Float32Array;
  updates: number;
}

export class AdamW {
  private constructor(
    private readonly program: Program,
    private readonly settings: OptimizerSettings,
    readonly weights: Float32Array,
    readonly firstMoment: Float32Array,
    readonly secondMoment: Float32Array,
    /** Updates done so far: the t of the bias corrections. */
    public updates: number,
  ) {}

  /** Takes the arrays as its own: they change with each step. */
  static async create(
    settings: OptimizerSettings,
    state: {
      weights: Float32Array;
      firstMoment?: Float32Array;
      secondMoment?: Float32Array;
      updates?: number;
    },
    options: RuntimeOptions,
  ): Promise<AdamW> {
    const { weights } = state;
    const program = await Program.compile(updateGraph(weights.length, settings, options.device), options);
    return new AdamW(
      program,
      settings,
      weights,
      state.firstMoment ?? new Float32Array(weights.length),
      state.secondMoment ?? new Float32Array(weights.length),
      state.updates ?? 0,
    );
  }

  /** One update; returns the gradient's norm before clipping. */
  async step(gradient: Float32Array, learningRate: number): Promise<number> {
    this.updates++;
    const { beta1, beta2, weightDecay, gradientClip } = this.settings;
    const norm = l2Norm(gradient);
    const flat = (data: Float32Array) => ({ data, shape: [data.length] });
    const scalar = (value: number) => ({ data: Float32Array.of(value), shape: [] });
    await this.program.run({
      weights: flat(this.weights),
      firstMoment: flat(this.firstMoment),
      secondMoment: flat(this.secondMoment),
      gradient: flat(gradient),
      clip: scalar(Math.min(1, gradientClip / (norm + normEpsilon))),
      rate: scalar(learningRate / (1 - beta1 ** this.updates)),
      rootCorrection: scalar(1 / Math.sqrt(1 - beta2 ** this.updates)),
      decay: scalar(1 - learningRate * weightDecay),
    });
    return norm;
  }

  release(): Promise<void> {
    return this.program.release();
  }
}

/** In float64: a float32 sum of a million squares, as the runtime takes it, is wrong in the fifth digit. */
function l2Norm(values: Float32Array): number {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i]! ** 2;
  return Math.sqrt(squares);
}

function updateGraph(size: number, settings: OptimizerSettings, device: Device): GraphBuilder {
  const graph = new GraphBuilder('adamw', device);
  const flat = (name: string) => graph.input(name, 'float32', [size]);
  const scalar = (name: string) => graph.input(name, 'float32', []);
  const [weights, first, second, gradient] = [
    flat('weights'),
    flat('firstMoment'),
    flat('secondMoment'),
    flat('gradient'),
  ] as const;
  const { beta1, beta2, epsilon } = settings;

  const clipped = multiply(graph, gradient, scalar('clip'));

  const newFirst = add(
    graph,
    multiply(graph, first, graph.scalar(beta1)),
    multiply(graph, clipped, graph.scalar(1 - beta1)),
  );
  const newSecond = add(
    graph,
    multiply(graph, second, graph.scalar(beta2)),
    multiply(graph, multiply(graph, clipped, clipped), graph.scalar(1 - beta2)),
  );
  const root = multiply(graph, graph.node('Sqrt', [newSecond], [size]), scalar('rootCorrection'));
  const direction = graph.node('Div', [newFirst, add(graph, root, graph.scalar(epsilon))], [size]);
  const newWeights = subtract(
    graph,
    multiply(graph, weights, scalar('decay')),
    multiply(graph, direction, scalar('rate')),
  );
  graph.replace(weights, newWeights);
  graph.replace(first, newFirst);
  graph.replace(second, newSecond);
  return graph;
}
