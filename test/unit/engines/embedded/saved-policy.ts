/** A small policy of the tests, in memory and on disk. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFolder } from '../../../../src/engines/embedded/model/checkpoint.js';
import { initializeParameters } from '../../../../src/engines/embedded/model/initialize.js';
import { parameterLayout } from '../../../../src/engines/embedded/model/parameters.js';
import { type Policy, policyFiles } from '../../../../src/engines/embedded/model/policy-folder.js';
import { Tokenizer } from '../../../../src/engines/embedded/model/tokenizer.js';
import { countdownTokenizer } from '../../../../src/tasks/countdown-tokenizer.js';
import { scratch } from '../../../scratch.js';
import { loadCase } from './parity-case.js';

export function tinyPolicy(): Policy {
  const config = { ...loadCase('untied-full').config, vocabSize: 21 };
  const layout = parameterLayout(config);
  const files = countdownTokenizer();
  const tokenizer = Tokenizer.parse(
    { tokenizer: JSON.stringify(files.tokenizer), config: JSON.stringify(files.config) },
    'tokenizer.json',
  );
  return { config, layout, weights: initializeParameters(layout, 1), tokenizer };
}

export function savedPolicy(): string {
  const folder = join(scratch(), 'policy');
  writeFolder(folder, policyFiles(tinyPolicy()));
  return folder;
}

export function editConfig(folder: string, change: Record<string, unknown>): void {
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
}
