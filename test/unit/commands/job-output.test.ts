import { describe, expect, it } from 'vitest';
import { LineSplitter, parseProgress, parseResult } from '../../../src/commands/job-output.js';
import { benchmarkRecord } from '../runs/records.js';

describe('the output of an evaluation', () => {
  it('cuts pieces into lines wherever they end', () => {
    const lines = new LineSplitter();
    expect(lines.push('{"done":1,')).toEqual([]);
    expect(lines.push('"total":9}\r\n\n{"do')).toEqual(['{"done":1,"total":9}']);
    expect(lines.end()).toEqual(['{"do']);
    expect(lines.end()).toEqual([]);
  });

  it('knows progress from other messages', () => {
    expect(parseProgress('{"done":1,"total":9}')).toEqual({ done: 1, total: 9 });
    for (const line of ['', 'loading', '{"done":1}', '{"done":1,"total":0}', 'null', '7', '[1]']) {
      expect(parseProgress(line), line).toBeNull();
    }
  });

  it('reads scores or the reason why there are none', () => {
    const record = benchmarkRecord(25, 0.5);
    expect(parseResult(JSON.stringify(record))).toEqual({
      scores: { benchmark: 'countdown-test', pass_at_1: 0.5, pass_at_k: 0.9, maj_at_k: 0.5, k: 16 },
    });
    expect(parseResult('{"error":"No weights.","hint":"Look."}')).toEqual({ error: 'No weights. Look.' });
    expect(parseResult('{"error":"No weights."}')).toEqual({ error: 'No weights.' });
    for (const line of ['', 'x', 'null', '{}', '{"benchmark":"b","pass_at_1":"1"}']) {
      expect(parseResult(line), line).toBeNull();
    }
  });
});
