/** TensorBoard's event files: their records and the scalars in them, read and written. */
export { decodeEvent } from './event.js';
export { EventWriter } from './event-writer.js';
export { readFrames } from './records.js';
