/** What `npm run workbench` has prepared for these tests, by environment variables. */

/** Value of a variable that scripts/workbench.mjs sets. Throws with the command to run when it is not set. */
export function prepared(
  name: 'G2RL_VSIX' | 'G2RL_WORKBENCH_NODE' | 'G2RL_WORKBENCH_SERVER' | 'G2RL_WORKBENCH_BROWSER',
): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. Run these tests with "npm run workbench".`);
  return value;
}
