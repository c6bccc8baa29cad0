/** Names of GPUs by their numbers on the PCI bus, from the list that Linux distributions install. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const lists = ['usr/share/hwdata/pci.ids', 'usr/share/misc/pci.ids'];

const makers = new Map([
  ['1002', 'AMD'],
  ['8086', 'Intel'],
  ['10de', 'NVIDIA'],
  ['1af4', 'Virtio'],
  ['15ad', 'VMware'],
]);

/**
 * `Intel Alder Lake-P GT2 [Iris Xe Graphics]`; without the list `Intel GPU 46a6`.
 * @param vendor and device as in sysfs: `0x8086`
 */
export function pciName(vendor: string, device: string, root = '/'): string {
  const [maker, model] = [vendor, device].map((id) => id.replace(/^0x/, '').toLowerCase());
  const short = makers.get(maker!) ?? `PCI ${maker}`;
  for (const list of lists) {
    const name = modelName(join(root, list), maker!, model!);
    if (name !== null) return `${short} ${name}`;
  }
  return `${short} GPU ${model}`;
}

/** A maker's line, then its models, each after a tab. */
function modelName(list: string, maker: string, model: string): string | null {
  let text: string;
  try {
    text = readFileSync(list, 'utf8');
  } catch {
    return null;
  }
  const begin = text.indexOf(`\n${maker}  `);
  if (begin < 0) return null;
  const rest = text.slice(begin + 1);
  const end = rest.search(/\n[0-9a-fA-F]{4} {2}/);
  const models = end < 0 ? rest : rest.slice(0, end);
  return new RegExp(`^\\t${model} {2}(.+)$`, 'm').exec(models)?.[1]?.trim() ?? null;
}
