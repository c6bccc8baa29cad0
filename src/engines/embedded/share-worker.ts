/** A thread of the embedded engine that computes a share of each step. */
import { parentPort, workerData } from 'node:worker_threads';
import { Share } from './share.js';
import type { ShareData, ShareJob, ShareMessage, ShareReply } from './share-protocol.js';

const { settings, options, ...shared } = workerData as ShareData;
// The runtime takes no memory that threads share.
const weights = new Float32Array(shared.weights.length);
const share = new Share(settings, options, weights);

async function answer(job: ShareJob): Promise<ShareReply> {
  try {
    weights.set(shared.weights);
    const result = await share.work(job);
    if (job.kind === 'gradient') shared.gradient.set(share.gradient);
    return { result };
  } catch (error) {
    return { error };
  }
}

parentPort?.on('message', async (message: ShareMessage) => {
  if (message !== 'end') {
    parentPort?.postMessage(await answer(message));
    return;
  }
  await share.release();
  parentPort?.close();
});
