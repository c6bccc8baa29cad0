/** What differs between variants besides their seeds: settings, code, versions, devices. Pure. */
import type { SettingRow } from '../../contract/index.js';
import { saidSettings, unsaid } from '../../runs/facts/index.js';
import type { RunManifest } from '../../runs/protocol/index.js';
import { settingDifferences } from '../../studies/plan/index.js';
import type { Variant } from './grouping.js';

/** Rows that are not the same in all variants, settings first. */
export function settingRows(variants: readonly Variant[]): SettingRow[] {
  const manifests = variants.map(({ runs }) => runs.map(({ summary }) => summary.manifest));
  const settings = settingDifferences(manifests.map(([first]) => (first ? saidSettings(first) : {})))
    .filter(({ path }) => path !== 'seed')
    .map(({ path, values }) => ({
      path,
      values: values.map((setting) => (setting === 'absent' ? null : JSON.stringify(setting.value))),
    }));
  const facts = manifests.map((all) => all.map(factsOf));
  const names = [...new Set(facts.flat().flatMap((one) => [...one.keys()]))];
  const rows = names.map((path): SettingRow => {
    const values = facts.map((all) => {
      const found = [...new Set(all.map((one) => one.get(path)))].filter((value) => value !== undefined);
      // Runs of one variant may differ in where they ran.
      return found.length === 0 ? null : found.join(', ');
    });
    return { path, values };
  });
  return [...settings, ...rows.filter(({ values }) => new Set(values).size > 1)];
}

/** What is no setting and may decide all the same, by what it is called. */
function factsOf(manifest: RunManifest): Map<string, string> {
  const { engine, device, git, policyChecksum, versions } = manifest;
  const facts = new Map<string, string>([['engine (run)', engine]]);
  if (device !== unsaid) facts.set('device (run)', device);
  if (git) facts.set('commit', `${git.commit.slice(0, 12)}${git.dirty ? ' with changes' : ''}`);
  if (policyChecksum) facts.set('policy (SHA-256)', policyChecksum.slice(0, 12));
  for (const [name, version] of Object.entries(versions ?? {})) facts.set(`version of ${name}`, version);
  return facts;
}
