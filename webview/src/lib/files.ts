/** What a page can save: pictures and their numbers. A page that saves nothing provides none of it. */
import { getContext, hasContext, setContext } from 'svelte';
import type { SavedTable } from '../../../src/contract/index.js';
import type { RunState } from './run.svelte.js';

export type PictureFormat = 'png' | 'svg';

export interface Files {
  /** @param data base64 */
  picture(name: string, format: PictureFormat, data: string): Promise<boolean>;
  table(name: string, table: SavedTable): Promise<boolean>;
  /** All steps of some metrics of the run. */
  series(name: string, metrics: readonly string[]): Promise<boolean>;
}

const key = Symbol('files');

export const provideFiles = ({ ask }: RunState): Files =>
  setContext<Files>(key, {
    picture: (name, format, data) => ask('savePicture', { name, format, data }),
    table: (name, table) => ask('saveTable', { name, table }),
    series: (name, metrics) => ask('saveSeries', { name, metrics }),
  });

export const useFiles = (): Files | null => (hasContext(key) ? getContext<Files>(key) : null);
