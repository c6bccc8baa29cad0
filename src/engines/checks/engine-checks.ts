/** The rules of both engines, for all readers of experiment files. */
import type { EngineChecks } from '../../experiment/index.js';
import { checkTorch } from '../torch/plan/index.js';
import { checkEmbedded } from './embedded.js';

export const engineChecks: EngineChecks = { embedded: checkEmbedded, torch: checkTorch };
