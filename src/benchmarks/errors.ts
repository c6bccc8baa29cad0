/** What cannot be loaded as a benchmark: says which file, row and field, and how to correct it. */
import { KnownError } from '../errors.js';

export class BenchmarkError extends KnownError {
  override readonly name = 'BenchmarkError';
}
