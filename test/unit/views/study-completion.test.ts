import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import {
  experimentFileOf,
  settingPaths,
  settingText,
  studyCompletions,
} from '../../../src/views/study-completion.js';

const surroundings = { benchmarks: ['countdown-test'], experiments: ['countdown.g2rl.json'] };

/** Completions where `|` stands in a text. */
function at(marked: string) {
  const offset = marked.indexOf('|');
  const text = marked.replace('|', '');
  const found = studyCompletions(text, offset, surroundings);
  const apply = (label: string) => {
    const item = found!.items.find((candidate) => candidate.label === label)!;
    return text.slice(0, found!.offset) + item.text + text.slice(found!.offset + found!.length);
  };
  return { labels: found?.items.map(({ label }) => label) ?? [], items: found?.items ?? [], apply };
}

describe('completion in a study file', () => {
  it('knows every setting that holds a value', () => {
    expect(settingPaths()).toEqual(
      expect.arrayContaining(['method.name', 'method.lambda', 'optimization.learningRate', 'policy']),
    );
    for (const own of ['seed', 'name', 'method', 'optimization']) expect(settingPaths()).not.toContain(own);
  });

  it('writes settings of a variant, but none twice', () => {
    const { labels, apply } = at('{"variants": {"a": {"method.name": "grpo", "|"}}}');
    expect(labels).toContain('method.lambda');
    expect(labels).not.toContain('method.name');
    expect(apply('method.lambda')).toBe('{"variants": {"a": {"method.name": "grpo", "method.lambda": }}}');
  });

  it('replaces a key that is being changed, and keeps its value', () => {
    const { apply } = at('{"variants": {"a": {"method.n|": "grpo"}}}');
    expect(apply('method.shaping')).toBe('{"variants": {"a": {"method.shaping": "grpo"}}}');
  });

  it('writes settings of the grid with a list', () => {
    expect(parse(at('{"grid": {"|"}}').apply('optimization.learningRate'))).toEqual({
      grid: { 'optimization.learningRate': [] },
    });
  });

  it('knows the values of a setting', () => {
    expect(at('{"variants": {"a": {"method.name": |}}}').labels).toEqual(
      expect.arrayContaining(['"g2rl"', '"grpo"']),
    );
    expect(at('{"grid": {"method.name": ["g2rl", |]}}').labels).toContain('"grpo"');
    expect(at('{"variants": {"a": {"method.name": "g|"}}}').apply('"grpo"')).toBe(
      '{"variants": {"a": {"method.name": "grpo"}}}',
    );
  });

  it('knows variants, benchmarks and experiments', () => {
    expect(at('{"variants": {"a": {}, "b": {}}, "baseline": "|"}').labels).toEqual(['a', 'b']);
    expect(at('{"score": {"benchmark": |}}').labels).toEqual(['countdown-test']);
    expect(at('{"experiment": "|"}').apply('countdown.g2rl.json')).toBe(
      '{"experiment": "countdown.g2rl.json"}',
    );
  });

  it('leaves the rest to the schema', () => {
    for (const text of [
      '{|}',
      '{"name": "|"}',
      '{"variants": {"|"}}',
      '{"score": {"|"}}',
      '{"seeds": |}',
      '|',
    ]) {
      expect(at(text).labels, text).toEqual([]);
    }
  });

  it('says what a setting is for', () => {
    expect(settingText('method.name')).toMatch(/One of g2rl, grpo/);
    expect(settingText('method.nam')).toBe('');
  });

  it('finds the experiment of a study', () => {
    expect(experimentFileOf('{"experiment": "../a.g2rl.json"}', '/w/s/b.g2rl-study.json')).toBe(
      '/w/a.g2rl.json',
    );
    expect(experimentFileOf('{"experiment": 3}', '/w/b.g2rl-study.json')).toBeNull();
    expect(experimentFileOf('', '/w/b.g2rl-study.json')).toBeNull();
  });
});
