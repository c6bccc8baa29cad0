/** Puts one platform's ONNX Runtime beside the bundles: `node scripts/bundle-runtime.mjs [target]`. */
import { copyRuntime, hostTarget } from './lib/runtime.mjs';

copyRuntime(process.argv[2] ?? process.env.G2RL_TARGET ?? hostTarget);
