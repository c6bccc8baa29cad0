/** `g2rl evaluate`: scores a policy folder or checkpoint on a benchmark. */
import { basename, dirname, join, relative, resolve } from 'node:path';
import { t } from '@vscode/l10n';
import { errorText } from '../../errors.js';
import type { BenchmarkRequest, Experiment, RequestedDevice } from '../../experiment/index.js';
import { type LoadingHooks, LoadingStopped } from '../../hub/index.js';
import {
  type BenchmarkRecord,
  evaluationFile,
  isProcessor,
  makeFolder,
  parseStepName,
  readRunnableManifest,
} from '../../runs/protocol/index.js';
import { EvaluationWriter } from '../../runs/write/index.js';
import {
  type ChosenDevice,
  type DeviceHooks,
  type DeviceNeeds,
  type EvaluationRequest,
  processor,
} from '../contract/index.js';
import { promptTokens } from '../memory/index.js';
import { asDeviceFailure } from './device-failure.js';
import { loadEmbedder } from './embedders.js';
import { evaluatePolicy, evaluationHeader, mostRows } from './evaluate.js';
import { loadEvaluationTask } from './evaluation-task.js';
import { Helpers } from './helpers.js';
import { blocksOf } from './model/index.js';
import { needsOfEvaluation } from './plan/index.js';
import { runtimeOptions } from './provider.js';
import { readModel } from './read-model.js';
import { Sampler } from './rollout.js';

/** Longest responses where neither the request nor a run says: Countdown's answers are short, others reason first. */
const defaultNewTokens = { countdown: 32, others: 2048 };

function maxNewTokens(request: BenchmarkRequest, experiment: Experiment | null): number {
  if (request.maxNewTokens !== undefined) return request.maxNewTokens;
  if (experiment !== null) return experiment.rollout.maxNewTokens;
  return request.name.startsWith('countdown-') ? defaultNewTokens.countdown : defaultNewTokens.others;
}

/** Where the responses are kept: in the checkpoint's run, or under the given folder. */
function responsesFile(folder: string, run: string | null, samplesFolder: string, benchmark: string): string {
  const step = parseStepName(basename(resolve(folder))) ?? 0;
  if (run !== null) return join(run, evaluationFile(step, benchmark));
  return join(samplesFolder, basename(resolve(folder)), evaluationFile(step, benchmark));
}

export interface FolderHooks extends LoadingHooks, DeviceHooks {
  /** Problems done, and of how many: called after each batch; a stop takes effect between batches. */
  onProgress(done: number, total: number): void;
}

/** Left open, a checkpoint is scored where its run was trained, as far as that is here. */
async function deviceOf(
  requested: RequestedDevice,
  run: string | null,
  needs: () => DeviceNeeds,
  hooks: FolderHooks,
): Promise<ChosenDevice> {
  if (requested !== 'auto') return hooks.chooseDevice(requested, null, needs());
  if (run === null) return processor;
  const { device, devices, engine } = await readRunnableManifest(run);
  if (engine !== 'embedded' || isProcessor(devices?.at(-1)?.device ?? device)) return processor;
  try {
    return await hooks.chooseDevice('webgpu', null, needs());
  } catch (error) {
    if (error instanceof LoadingStopped) throw error;
    hooks.log(errorText(error));
    return processor;
  }
}

/**
 * Scores a folder; continues an interrupted evaluation of it.
 * @param run directory of the run whose checkpoint it is, if it is one
 * @returns null when it was stopped
 * @throws InputError, RunFileError
 */
export async function evaluateFolder(
  request: EvaluationRequest,
  run: string | null,
  hooks: FolderHooks,
): Promise<BenchmarkRecord | null> {
  try {
    return await score(request, run, hooks);
  } catch (error) {
    if (error instanceof LoadingStopped) return null;
    throw error;
  }
}

async function score(
  { folder, threads, device: requested, samplesFolder, benchmark, embeddingModel }: EvaluationRequest,
  run: string | null,
  hooks: FolderHooks,
): Promise<BenchmarkRecord | null> {
  const policy = await readModel(folder, hooks);
  const { samples, temperature, seed } = benchmark;
  const experiment = run === null ? null : (await readRunnableManifest(run)).experiment;
  const newTokens = maxNewTokens(benchmark, experiment);
  const needs = () =>
    needsOfEvaluation(policy.config, blocksOf(policy), {
      rows: mostRows,
      samples,
      promptTokens: promptTokens(benchmark.name.startsWith('countdown-')),
      maxNewTokens: newTokens,
    });
  const { device, name } = await deviceOf(requested, run, needs, hooks);
  const options = runtimeOptions(threads, device);
  const task = await loadEvaluationTask(benchmark, policy.tokenizer, hooks);
  const step = parseStepName(basename(resolve(folder))) ?? 0;
  const model = embeddingModel ?? experiment?.evaluation.embeddingModel;
  const embedder = model ? await loadEmbedder(model, 'evaluation.embeddingModel', hooks, options) : null;
  const settings = {
    samples,
    temperature,
    seed,
    maxNewTokens: newTokens,
    step,
    embedder,
  };
  const file = responsesFile(folder, run, samplesFolder, task.name);
  const { config, weights } = policy;
  const blocks = blocksOf(policy);
  const helpers = Helpers.start({ config, blocks, objective: null, passes: {} }, weights, options);
  const sampler = new Sampler(config, blocks, helpers?.options ?? options, helpers);
  try {
    makeFolder(run ?? dirname(dirname(file)));
    const writer = await EvaluationWriter.open(file, evaluationHeader(policy, task, settings));
    const record = await evaluatePolicy(policy, sampler, task, settings, writer, options, (done, total) => {
      hooks.onProgress(done, total);
      return !hooks.stopRequested();
    });
    return record && { ...record, samples_file: run === null ? file : relative(run, file) };
  } catch (error) {
    throw asDeviceFailure(error, name, t('Evaluate it on the processor: --device cpu.'));
  } finally {
    await task.dispose();
    await sampler.release();
    await helpers?.release();
    await embedder?.release();
  }
}
