/**
 * Writes dist/readme.md, the page that the editor shows of the installed extension: media/details/readme.md with its
 * pictures in it, for on that page relative links lead nowhere and only `data:` and `https:` are loaded.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { root } from './lib/paths.mjs';

const folder = join(root, 'media/details');
const types = { '.png': 'image/png', '.webp': 'image/webp' };

const page = readFileSync(join(folder, 'readme.md'), 'utf8').replace(/(?<=\]\()(?!https:)[^)]+/g, (path) => {
  const type = types[extname(path)];
  if (!type)
    throw new Error(`media/details/readme.md: "${path}" leads nowhere on the page of the extension.`);
  return `data:${type};base64,${readFileSync(join(folder, path)).toString('base64')}`;
});
mkdirSync(join(root, 'dist'), { recursive: true });
writeFileSync(join(root, 'dist/readme.md'), page);
