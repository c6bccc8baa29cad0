/** TensorBoard's event files: their records and the scalars in them, read and written. */
export { decodeEvent, fileVersionEvent, scalarsEvent } from './event.js';
export { frame, frameLength, readFrames } from './records.js';
