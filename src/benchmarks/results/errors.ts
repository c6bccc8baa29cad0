/** Results that cannot be read: names the file, line and field, and how to correct it. */
import { KnownError } from '../../errors.js';

export class ResultsError extends KnownError {
  override readonly name = 'ResultsError';
}
