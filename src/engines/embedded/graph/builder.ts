import { checkReplacement } from './in-place.js';
import { webgpuLowerings } from './lower.js';
import {
  type Attribute,
  type ConstantDescription,
  type Dimension,
  type ElementType,
  encodeModel,
  type NodeDescription,
  type TensorDescription,
} from './onnx.js';
import type { Device, NodeOptions, Value } from './value.js';

/** Given the gradient of the loss by an output, the gradients by the inputs (null where there is none). */
export type Backward = (gradient: Value) => (Value | null)[];

export interface GraphSignature {
  inputs: readonly TensorDescription[];
  outputs: readonly TensorDescription[];
  /** Outputs that take an input's memory. */
  inPlace: ReadonlyMap<string, string>;
}

interface TapeEntry {
  output: Value;
  inputs: readonly Value[];
  backward: Backward;
}

/** The domain of ONNX Runtime's own operators. */
const runtimeDomain = 'com.microsoft';

/**
 * Builds an ONNX graph node by node, and remembers for each differentiable result how to go back
 * (reverse-mode differentiation): see `gradients` in `autodiff.ts`.
 */
export class GraphBuilder {
  readonly #nodes: NodeDescription[] = [];
  readonly #constants: ConstantDescription[] = [];
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  /** By the output's name. */
  readonly #replacements = new Map<string, { input: string; value: string }>();
  readonly #scalars = new Map<number, Value>();
  readonly tape: TapeEntry[] = [];

  /** @param device whose operators the graph uses */
  constructor(
    private readonly name: string,
    readonly device: Device = 'cpu',
  ) {}

  #nextName(operator: string): string {
    return `${operator.toLowerCase()}_${this.#nodes.length + this.#constants.length}`;
  }

  /** A graph input. Mark the parameters `differentiable`. */
  input(name: string, type: ElementType, shape: readonly Dimension[], differentiable = false): Value {
    const value: Value = { name, type, shape, differentiable };
    this.#inputs.push(value);
    return value;
  }

  /** A result that the caller of the graph gets under this name. */
  output(name: string, value: Value): void {
    this.#nodes.push({
      operator: 'Identity',
      domain: '',
      inputs: [value.name],
      outputs: [name],
      attributes: {},
    });
    this.#outputs.push({ ...value, name });
  }

  /** A result that takes the memory of what was fed for `input`; `checkReplacement` says when it may. */
  replace(input: Value, value: Value): void {
    const name = `new.${input.name}`;
    this.output(name, value);
    this.#replacements.set(name, { input: input.name, value: value.name });
  }

  constant(data: Float32Array | Int32Array | BigInt64Array, shape: readonly number[]): Value {
    const type = data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'int64';
    const name = this.#nextName('constant');
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    this.#constants.push({ name, type, shape, data: bytes });
    return { name, type, shape, differentiable: false };
  }

  /** A float32 scalar, made once. */
  scalar(number: number): Value {
    let value = this.#scalars.get(number);
    if (!value) {
      value = this.constant(Float32Array.of(number), []);
      this.#scalars.set(number, value);
    }
    return value;
  }

  /** An int64 vector: the shapes, axes and split sizes that operators take. */
  integers(...numbers: number[]): Value {
    return this.constant(BigInt64Array.from(numbers, BigInt), [numbers.length]);
  }

  /** One node with one result, not differentiable by itself. */
  node(
    operator: string,
    inputs: readonly Value[],
    shape: readonly Dimension[],
    options: NodeOptions = {},
  ): Value {
    const lowering = this.device === 'webgpu' ? webgpuLowerings[operator] : undefined;
    if (lowering) return lowering(this, inputs, shape, options.attributes ?? {});
    return this.nodeOutputs(operator, inputs, [shape], options)[0]!;
  }

  /** One node with several results of one element type. */
  nodeOutputs(
    operator: string,
    inputs: readonly Value[],
    shapes: readonly (readonly Dimension[])[],
    { attributes = {}, domain = '', type }: NodeOptions = {},
  ): Value[] {
    const base = this.#nextName(operator);
    const results = shapes.map((shape, index) => ({
      name: shapes.length === 1 ? base : `${base}_${index}`,
      type: type ?? inputs[0]?.type ?? 'float32',
      shape,
      differentiable: false,
    }));
    this.#nodes.push({
      operator,
      domain,
      inputs: inputs.map((value) => value.name),
      outputs: results.map((value) => value.name),
      attributes,
    });
    return results;
  }

  /**
   * Lets a product of matrices that nothing has read yet add another matrix to its result: the value keeps its name, and
   * means the sum from now on.
   * @param other made before the product
   */
  addToProduct(product: Value, other: Value): boolean {
    const index = this.#nodes.findLastIndex(({ outputs }) => outputs[0] === product.name);
    const node = this.#nodes[index];
    if (node?.operator !== 'Gemm' || node.inputs.length !== 2) return false;
    const isRead = this.#nodes.slice(index + 1).some(({ inputs }) => inputs.includes(product.name));
    if (isRead) return false;
    this.#nodes[index] = { ...node, inputs: [...node.inputs, other.name] };
    return true;
  }

  /**
   * The root mean square norm of a sum, in one node with the sum if that is what the last node has made: the value keeps
   * its name, and comes from the new node.
   * @returns null where it is not
   */
  normOfSum(sum: Value, weight: Value, epsilon: number): Value | null {
    const last = this.#nodes.at(-1);
    if (last?.operator !== 'Add' || last.outputs[0] !== sum.name) return null;
    this.#nodes.pop();
    const name = this.#nextName('norm');
    this.#nodes.push({
      operator: 'SkipSimplifiedLayerNormalization',
      domain: runtimeDomain,
      inputs: [...last.inputs, weight.name],
      // What it knows of the mean and the root has no kernel on a GPU.
      outputs: [name, '', '', sum.name],
      attributes: { epsilon: { float: epsilon } },
    });
    return { name, type: 'float32', shape: sum.shape, differentiable: false };
  }

  /** A node of ONNX Runtime's own operator set. */
  runtimeNode(
    operator: string,
    inputs: readonly Value[],
    shape: readonly Dimension[],
    attributes: Record<string, Attribute> = {},
  ): Value {
    return this.node(operator, inputs, shape, { attributes, domain: runtimeDomain });
  }

  /** Declares that `output` depends on `inputs`, and how to go back. Returns the value to use from here on. */
  differentiable(output: Value, inputs: readonly Value[], backward: Backward): Value {
    if (!inputs.some((input) => input.differentiable)) return output;
    const result: Value = { ...output, differentiable: true };
    this.tape.push({ output: result, inputs, backward });
    return result;
  }

  /** @throws when a result would take the memory of an input that is read afterwards */
  encode(): Uint8Array {
    for (const { input, value } of this.#replacements.values()) {
      checkReplacement(this.#nodes, input, value, this.device);
    }
    return encodeModel({
      name: this.name,
      nodes: this.#nodes,
      constants: this.#constants,
      inputs: this.#inputs,
      outputs: this.#outputs,
    });
  }

  /** Inputs and outputs by name, for checks before a run: a native abort cannot be caught. */
  signature(): GraphSignature {
    const inPlace = new Map([...this.#replacements].map(([output, { input }]) => [output, input]));
    return { inputs: this.#inputs, outputs: this.#outputs, inPlace };
  }
}
