/** The thread of the statistics: answers one question after the other. */
import { parentPort } from 'node:worker_threads';
import { metricStatistics } from '../../statistics/index.js';
import type { StatisticsQuestion, StatisticsReply } from './statistics-thread.js';

parentPort?.on('message', ({ id, scores }: StatisticsQuestion) => {
  parentPort?.postMessage({ id, statistics: metricStatistics(scores) } satisfies StatisticsReply);
});
