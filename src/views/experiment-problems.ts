/** What is wrong with experiment files. */
import * as vscode from 'vscode';
import type { EngineChecks, Experiment, ExperimentProblem, LoadOptions } from '../experiment/index.js';
import { DocumentProblems, type Examined, fileOf } from './document-problems.js';
import { experimentSelector } from './experiment-selector.js';

export type CheckedExperiment = { experiment: Experiment } | { problems: readonly ExperimentProblem[] };

type Given = Pick<LoadOptions, 'auto' | 'engine' | 'set'>;

export class ExperimentProblems extends DocumentProblems<{ experiment: Experiment }, Given> {
  constructor(
    private readonly extensionUri: vscode.Uri,
    log: vscode.LogOutputChannel,
  ) {
    super(experimentSelector, log);
  }

  /**
   * Checks a text as it stands in the editor and shows what is wrong with it.
   * @param set overrides, as `key=value`; what is wrong with them is in the result only
   * @returns the resolved experiment, or the problems that refuse a run; warnings are shown but do not count
   */
  async check(
    document: vscode.TextDocument,
    engine: Pick<LoadOptions, 'auto' | 'engine'> = {},
    set: readonly string[] = [],
  ): Promise<CheckedExperiment> {
    if (engine.auto) this.remember(document, { auto: engine.auto });
    const asWritten = await this.show(document, engine);
    return set.length === 0 ? asWritten : this.read(document.getText(), fileOf(document), { set, ...engine });
  }

  /** Checks a text that is in no editor. @param file where it belongs */
  async read(text: string, file: string, given: Given): Promise<CheckedExperiment> {
    return (await this.examine(text, file, given)).result;
  }

  protected override async examine(
    text: string,
    file: string,
    given: Given,
  ): Promise<Examined<{ experiment: Experiment }>> {
    const { ExperimentError, parseExperiment } = await import('../experiment/index.js');
    const { engineChecks } = await import('../engines/checks/index.js');
    const checks = text.includes('"webgpu"') ? await this.#withGpu(engineChecks) : engineChecks;
    const mediaDirectory = vscode.Uri.joinPath(this.extensionUri, 'media').fsPath;
    try {
      const { experiment, warnings } = parseExperiment(text, file, {
        mediaDirectory,
        engineChecks: checks,
        ...given,
      });
      return { result: { experiment }, warnings };
    } catch (error) {
      if (!(error instanceof ExperimentError)) throw error;
      return { result: { problems: error.problems }, warnings: error.warnings };
    }
  }

  /** A GPU that is asked for and is not here is no error: the file may be for another machine. */
  async #withGpu(checks: EngineChecks): Promise<EngineChecks> {
    const { gpuDoubt } = await import('../engines/devices/index.js');
    const { setTo } = await import('../experiment/index.js');
    const doubt = await gpuDoubt(vscode.Uri.joinPath(this.extensionUri, 'dist', 'engine-worker.cjs').fsPath);
    if (doubt === null) return checks;
    return {
      ...checks,
      embedded: (experiment, reports) => {
        checks.embedded(experiment, reports);
        if (experiment.device !== 'webgpu') return;
        const fixes = [setTo(['device'], 'auto'), setTo(['device'], 'cpu')];
        reports.warn(['device'], `device: ${doubt.message}`, doubt.hint, ...fixes);
      },
    };
  }
}
