import { describe, expect, it } from 'vitest';
import {
  childNodes,
  nodeId,
  nodeItem,
  type RunNode,
  runContextValue,
} from '../../../src/views/run-tree-model.js';
import { benchmarkRecord } from '../runs/records.js';
import { runOf } from './fixtures.js';

const row = { traits: ['g2rl'], now: 0 };
const root: RunNode = { kind: 'run', key: '/runs/a' };

describe('explorer items', () => {
  it('has benchmark scores and checkpoints, newest checkpoint first', () => {
    const run = runOf({ checkpointSteps: [25, 75, 50] });
    const folders = childNodes(root, run);
    expect(folders.map((node) => node.kind)).toEqual(['benchmarks', 'checkpoints']);
    const checkpoints = childNodes(folders[1]!, run);
    expect(checkpoints.map((node) => nodeItem(node, run, row)?.label)).toEqual([
      'step 75',
      'step 50',
      'step 25',
    ]);
    expect(nodeItem(checkpoints[2]!, run, row)?.description).toBe('pass@1 52.3 %');
    const [score] = childNodes(folders[0]!, run);
    expect(nodeItem(score!, run, row)).toMatchObject({
      label: 'countdown-test',
      description: 'pass@1 52.3 % (+12.3) at step 25',
      contextValue: 'benchmark',
    });
  });

  it('has no empty folders', () => {
    const run = runOf({ checkpointSteps: [], benchmarks: [] });
    expect(childNodes(root, run)).toEqual([]);
    expect(nodeItem(root, run, row)?.collapsible).toBe(false);
  });

  it('gives every node an id of its own that does not change', () => {
    const run = runOf({
      checkpointSteps: [1, 2],
      benchmarks: [benchmarkRecord(0, 0.1, 'a'), benchmarkRecord(0, 0.1, 'b')],
    });
    const all = (node: RunNode): RunNode[] => [node, ...childNodes(node, run).flatMap(all)];
    const ids = all(root).map(nodeId);
    expect(ids).toHaveLength(7);
    expect(new Set(ids).size).toBe(7);
    expect(all(root).map(nodeId)).toEqual(ids);
  });

  it('says a node is gone when what it names is', () => {
    expect(nodeItem({ kind: 'checkpoint', key: 'k', step: 999, path: '' }, runOf(), row)).toBeNull();
    expect(nodeItem({ kind: 'benchmark', key: 'k', benchmark: 'none' }, runOf(), row)).toBeNull();
  });

  it.each([
    [runOf(), 'run.running'],
    [runOf({ pinned: true }), 'run.running.pinned'],
    [runOf({ state: 'stopped', pinned: true }), 'run.stopped.pinned.resumable'],
    [runOf({ state: 'lost' }), 'run.lost.resumable'],
    [runOf({ state: 'failed', status: { device: 'RTX 4060 (WebGPU)' } }), 'run.failed.resumable.gpu'],
    [runOf({ state: 'finished' }), 'run.finished'],
  ])('gives menus the state', (run, expected) => {
    expect(runContextValue(run)).toBe(expected);
  });
});
