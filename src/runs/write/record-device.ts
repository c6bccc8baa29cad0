/** The devices of a run in `run.json`, of which a resume may take another one. */
import { join } from 'node:path';
import { atomicWriteJson, isProcessor, type RunManifest, readManifest, runFiles } from '../protocol/index.js';

/**
 * Records what the run computes on from its next step on.
 * @param step last finished step; 0 where the run begins
 * @returns the device before, where this one is another
 * @throws {RunFileError}
 */
export async function recordDevice(directory: string, step: number, device: string): Promise<string | null> {
  const manifest = await readManifest(directory);
  const known = manifest.devices ?? [{ step: 0, device: manifest.device }];
  const kept = known.filter((entry) => entry.step < step);
  const last = kept.at(-1)?.device;
  const isSame = last === device || (last !== undefined && isProcessor(last) && isProcessor(device));
  const devices = isSame ? kept : [...kept, { step, device }];
  const text = devices.map((entry) => entry.device).join(` → `);
  if (text === manifest.device && devices.length === known.length) return null;
  const { devices: _, ...rest } = manifest;
  const changed: RunManifest = { ...rest, device: text, ...(devices.length > 1 && { devices }) };
  atomicWriteJson(join(directory, runFiles.manifest), changed);
  return isSame ? null : (last ?? null);
}
