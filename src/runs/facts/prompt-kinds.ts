/** What became of the prompts of a run. Pure. */

/**
 * `silent`: sampled twice or more, and its groups never moved anything. `unsolved`: no response was ever right.
 * `solved-lately` and `lost`: over half of the responses were right in the later half of its visits and not in the
 * earlier half, or the other way round.
 */
export const promptKinds = ['all', 'silent', 'unsolved', 'solved-lately', 'lost'] as const;
export type PromptKind = (typeof promptKinds)[number];
