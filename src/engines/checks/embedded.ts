/** Rules of an experiment that hold for the embedded engine. */
import { type CheckReports, type Experiment, torchSchema } from '../../experiment/index.js';

/** What the embedded engine cannot do. */
export function checkEmbedded({ method, report, torch }: Experiment, { error, warn }: CheckReports): void {
  if (method.name === 'evol-rl') {
    error(
      ['method', 'name'],
      'method.name: evol-rl needs a sentence-embedding model, which only the torch engine runs',
      'Set engine to "torch", or choose another method.',
    );
  }
  if (report.length > 0) {
    error(
      ['report'],
      `report: only the torch engine reports to ${report.join(', ')}`,
      'Remove it: the dashboard and metrics.jsonl in the run folder have all metrics. Or set engine to "torch".',
    );
  }
  if (JSON.stringify(torch) !== JSON.stringify(torchSchema.parse({}))) {
    warn(['torch'], 'torch: the embedded engine does not read these settings', 'Set engine to "torch".');
  }
}
