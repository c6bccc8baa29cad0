/** What the hub did not give: says why and how to do without. */
import { KnownError } from '../errors.js';

export class HubError extends KnownError {
  override readonly name = 'HubError';
  /** The hub has no such file, repository or revision. */
  readonly isMissing: boolean;

  constructor(
    message: string,
    hint: string,
    { isMissing = false, ...options }: ErrorOptions & { isMissing?: boolean } = {},
  ) {
    super(message, hint, options);
    this.isMissing = isMissing;
  }
}
