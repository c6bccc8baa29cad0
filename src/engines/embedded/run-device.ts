/** The device of a training run: chosen, recorded, and blamed where it fails. */
import { t } from '@vscode/l10n';
import { processorText } from '../../runs/protocol/index.js';
import { recordDevice } from '../../runs/write/index.js';
import type { ChosenDevice, DeviceHooks, Progress, RunToTrain } from '../contract/index.js';
import { asDeviceFailure, DeviceFailure } from './device-failure.js';
import { type RuntimeOptions, runtimeOptions } from './provider.js';

interface RunDeviceHooks extends DeviceHooks {
  onProgress(progress: Progress): void;
  log(line: string): void;
}

export class RunDevice {
  /** Of the GPU. */
  #name: string | null = null;
  #hasFailed = false;

  constructor(
    private readonly run: RunToTrain,
    private readonly hooks: RunDeviceHooks,
  ) {}

  /**
   * @param folder of the policy: that of a model of the hub is known by now
   * @throws KnownError when a GPU was asked for and cannot be used
   */
  async choose(folder: string): Promise<ChosenDevice> {
    const { manifest, device: requested } = this.run;
    const { experiment } = manifest;
    const resolved = { ...experiment, policy: folder };
    const chosen = await this.hooks.chooseDevice(requested ?? experiment.device, resolved);
    this.#name = chosen.name;
    return chosen;
  }

  /** @param step last finished step */
  async record(step: number, { device, name }: ChosenDevice): Promise<RuntimeOptions> {
    const { directory, manifest } = this.run;
    const { threads } = manifest.experiment;
    const shown = name ?? processorText(threads);
    const before = await recordDevice(directory, step, shown);
    if (before !== null) {
      this.hooks.log(
        `goes on with ${shown} after ${before}: results agree with those of ${before} up to rounding, not bit for bit`,
      );
    }
    this.hooks.onProgress({ device: shown });
    return runtimeOptions(threads, device);
  }

  /** Its programs are no longer released: that may end the process before the run has its final status. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** What went wrong, with what to do where it was the GPU. */
  explain(error: unknown): unknown {
    const hint = t(
      'Resume the run: it continues from its newest checkpoint. On the processor: g2rl resume {0} --device cpu, or "device": "cpu" in a new run.',
      this.run.manifest.id,
    );
    const explained = asDeviceFailure(error, this.#name, hint);
    this.#hasFailed ||= explained instanceof DeviceFailure;
    return explained;
  }
}
