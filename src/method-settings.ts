/** Settings that only some methods read: of the others they say nothing. */
const ofNovelty = ['g2rl', 'dirl'];
const ofDirl = ['dirl'];

/** Settings of `method`, and the methods that read them; those that are not here count for all. */
export const methodSettings: ReadonlyMap<string, readonly string[]> = new Map([
  ['lambda', ofNovelty],
  ['lambdaSchedule', ofNovelty],
  ['lambdaWarmupSteps', ofNovelty],
  ['uniformGroups', ofNovelty],
  ['clip', ofNovelty],
  ['shaping', ['g2rl']],
  ['preset', ['g2rl']],
  ['k', ['pass-at-k']],
  ['direction', ofDirl],
  ['reasoningPrompts', ofDirl],
  ['recallPrompts', ofDirl],
  ['memorySign', ofDirl],
  ['entropyCoefficient', ['entropy']],
  ['embeddingModel', ['evol-rl']],
]);

/** @param path of a setting, such as `method.lambda` */
export function isReadBy(path: string, method: string): boolean {
  return (
    !path.startsWith('method.') ||
    (methodSettings.get(path.slice('method.'.length))?.includes(method) ?? true)
  );
}
