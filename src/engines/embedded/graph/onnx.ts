/** The part of the ONNX file format that the builder writes (field numbers from onnx.proto, IR version 10). */
import protobuf from 'protobufjs/light.js';

/** ONNX TensorProto.DataType. */
export const elementTypeCodes = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10 } as const;
export type ElementType = keyof typeof elementTypeCodes;

/** ONNX AttributeProto.AttributeType. */
const attributeTypeCodes = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** A node's attribute: an integer, a list of integers, a string, or `{ float }` for a floating-point number. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** A number, or a name for a size that is known only when the graph runs. */
export type Dimension = number | string;

export interface NodeDescription {
  operator: string;
  domain: string;
  inputs: string[];
  outputs: string[];
  attributes: Record<string, Attribute>;
}

export interface TensorDescription {
  name: string;
  type: ElementType;
  shape: readonly Dimension[];
}

export interface ConstantDescription extends TensorDescription {
  data: Uint8Array;
}

const field = (type: string, id: number, repeated = false) =>
  repeated ? { type, id, rule: 'repeated' } : { type, id };

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: field('int64', 1),
        producerName: field('string', 2),
        graph: field('GraphProto', 7),
        opsetImport: field('OperatorSetIdProto', 8, true),
      },
    },
    OperatorSetIdProto: { fields: { domain: field('string', 1), version: field('int64', 2) } },
    GraphProto: {
      fields: {
        node: field('NodeProto', 1, true),
        name: field('string', 2),
        initializer: field('TensorProto', 5, true),
        input: field('ValueInfoProto', 11, true),
        output: field('ValueInfoProto', 12, true),
      },
    },
    NodeProto: {
      fields: {
        input: field('string', 1, true),
        output: field('string', 2, true),
        opType: field('string', 4),
        attribute: field('AttributeProto', 5, true),
        domain: field('string', 7),
      },
    },
    AttributeProto: {
      fields: {
        name: field('string', 1),
        f: field('float', 2),
        i: field('int64', 3),
        s: field('bytes', 4),
        ints: field('int64', 8, true),
        type: field('int32', 20),
      },
    },
    TensorProto: {
      fields: {
        dims: field('int64', 1, true),
        dataType: field('int32', 2),
        name: field('string', 8),
        rawData: field('bytes', 9),
      },
    },
    ValueInfoProto: { fields: { name: field('string', 1), type: field('TypeProto', 2) } },
    TypeProto: { fields: { tensorType: field('TypeProtoTensor', 1) } },
    TypeProtoTensor: { fields: { elemType: field('int32', 1), shape: field('TensorShapeProto', 2) } },
    TensorShapeProto: { fields: { dim: field('Dimension', 1, true) } },
    Dimension: { fields: { dimValue: field('int64', 1), dimParam: field('string', 2) } },
  },
});

const modelType = root.lookupType('ModelProto');

function attributeMessage(name: string, value: Attribute) {
  if (typeof value === 'number') return { name, i: value, type: attributeTypeCodes.int };
  if (typeof value === 'string') {
    return { name, s: new TextEncoder().encode(value), type: attributeTypeCodes.string };
  }
  if ('float' in value) return { name, f: value.float, type: attributeTypeCodes.float };
  return { name, ints: [...value], type: attributeTypeCodes.ints };
}

function valueInfo({ name, type, shape }: TensorDescription) {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: elementTypeCodes[type], shape: { dim } } } };
}

/** Serializes a graph. Opset 21 with ONNX Runtime's own operators (`com.microsoft`). */
export function encodeModel(graph: {
  name: string;
  nodes: readonly NodeDescription[];
  constants: readonly ConstantDescription[];
  inputs: readonly TensorDescription[];
  outputs: readonly TensorDescription[];
}): Uint8Array {
  const message = modelType.create({
    irVersion: 10,
    producerName: 'g2rl-lab',
    opsetImport: [
      { domain: '', version: 21 },
      { domain: 'com.microsoft', version: 1 },
    ],
    graph: {
      name: graph.name,
      node: graph.nodes.map((node) => ({
        input: node.inputs,
        output: node.outputs,
        opType: node.operator,
        domain: node.domain,
        attribute: Object.entries(node.attributes).map(([name, value]) => attributeMessage(name, value)),
      })),
      initializer: graph.constants.map((constant) => ({
        dims: [...constant.shape],
        dataType: elementTypeCodes[constant.type],
        name: constant.name,
        rawData: constant.data,
      })),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    },
  });
  return modelType.encode(message).finish();
}
