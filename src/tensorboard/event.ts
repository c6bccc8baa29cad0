/** The part of TensorBoard's Event message that holds scalars (field numbers from event.proto and summary.proto). */
import protobuf from 'protobufjs/light.js';

const field = (type: string, id: number, repeated = false) =>
  repeated ? { type, id, rule: 'repeated' } : { type, id };

const root = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: field('double', 1),
        step: field('int64', 2),
        fileVersion: field('string', 3),
        summary: field('Summary', 5),
        sessionLog: field('SessionLog', 7),
      },
    },
    SessionLog: { fields: { status: field('int32', 1) } },
    Summary: { fields: { value: field('Value', 1, true) } },
    Value: {
      // Says which of them was written: a value of 0 is one, too.
      oneofs: { value: { oneof: ['simpleValue', 'tensor'] } },
      fields: {
        tag: field('string', 1),
        simpleValue: field('float', 2),
        tensor: field('Tensor', 8),
        metadata: field('Metadata', 9),
      },
    },
    Metadata: { fields: { plugin: field('Plugin', 1) } },
    Plugin: { fields: { name: field('string', 1), content: field('bytes', 2) } },
    Tensor: {
      fields: {
        dtype: field('int32', 1),
        content: field('bytes', 4),
        floats: field('float', 5, true),
        doubles: field('double', 6, true),
        strings: field('bytes', 8, true),
      },
    },
  },
});
const eventType = root.lookupType('Event');

interface TensorMessage {
  dtype?: number;
  content?: Uint8Array;
  floats?: number[];
  doubles?: number[];
  strings?: Uint8Array[];
}

/** What protobufjs decodes: fields that were not written are absent. */
interface EventMessage {
  wallTime?: number;
  step?: number | { toNumber(): number };
  fileVersion?: string;
  sessionLog?: { status?: number };
  summary?: {
    value?: {
      value?: 'simpleValue' | 'tensor';
      tag?: string;
      simpleValue?: number;
      tensor?: TensorMessage;
      metadata?: { plugin?: { name?: string; content?: Uint8Array } };
    }[];
  };
}

export interface ScalarEvent {
  step: number;
  /** Unix time, seconds. */
  wallTime: number;
  scalars: [tag: string, value: number][];
  /** Tag and text of what the text plugin shows. */
  texts: [tag: string, text: string][];
  /** A process goes on from this step: what was written before of it and of later ones does not count. */
  isSessionStart: boolean;
}

const floatType = 1;
const doubleType = 2;

/** The only number of a tensor; undefined for any other tensor. */
function scalarOf({ dtype, content, floats, doubles }: TensorMessage): number | undefined {
  if (floats?.length === 1) return floats[0];
  if (doubles?.length === 1) return doubles[0];
  // A decoded message has empty lists for fields that were not written.
  if (!content?.length) return undefined;
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  if (dtype === floatType && content.length === 4) return view.getFloat32(0, true);
  return dtype === doubleType && content.length === 8 ? view.getFloat64(0, true) : undefined;
}

/** Images, histograms and graphs are left out. @throws when the bytes are no message */
export function decodeEvent(bytes: Uint8Array): ScalarEvent {
  const decoded: EventMessage = eventType.decode(bytes) as EventMessage;
  const { wallTime = 0, step = 0, summary, sessionLog } = decoded;
  const event: ScalarEvent = {
    step: typeof step === 'number' ? step : step.toNumber(),
    wallTime,
    scalars: [],
    texts: [],
    isSessionStart: sessionLog?.status === sessionStart,
  };
  for (const entry of summary?.value ?? []) {
    const { tag = '', value, simpleValue, tensor } = entry;
    const number = value === 'simpleValue' ? simpleValue : tensor && scalarOf(tensor);
    if (number !== undefined) event.scalars.push([tag, number]);
    const [text] = tensor?.strings ?? [];
    if (text) event.texts.push([tag, Buffer.from(text).toString('utf8')]);
  }
  return event;
}

/** The first record of every file. */
export const fileVersionEvent = (wallTime: number): Uint8Array =>
  eventType.encode({ wallTime, fileVersion: 'brain.Event:2' }).finish();

const sessionStart = 1;

/** A process that goes on: TensorBoard forgets what earlier files have from this step on. */
export const sessionStartEvent = (step: number, wallTime: number): Uint8Array =>
  eventType.encode({ wallTime, step, sessionLog: { status: sessionStart } }).finish();

/** @param scalars of one step */
export function scalarsEvent(
  step: number,
  wallTime: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array {
  const value = Object.entries(scalars).map(([tag, simpleValue]) => ({
    tag,
    simpleValue,
    metadata: { plugin: { name: 'scalars' } },
  }));
  return eventType.encode({ wallTime, step, summary: { value } }).finish();
}
