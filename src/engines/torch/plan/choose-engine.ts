/** Which engine `auto` stands for. */
import type { EnvironmentReport } from '../environment/index.js';

export interface AutoChoice {
  engine: 'embedded' | 'torch';
  /** Why, as a sentence. */
  reason: string;
}

/** torch on a GPU, else the embedded engine. */
export function chooseEngine(report: EnvironmentReport): AutoChoice {
  if (report.cuda) {
    const torch = report.interpreter!.torch;
    const name = 'gpus' in torch ? torch.gpus[0]?.name : undefined;
    return { engine: 'torch', reason: `The torch engine can use ${name ?? 'a GPU'}.` };
  }
  const [problem] = report.problems;
  return {
    engine: 'embedded',
    reason: `The embedded engine, because torch cannot use a GPU here. ${problem?.message ?? ''}`.trim(),
  };
}
