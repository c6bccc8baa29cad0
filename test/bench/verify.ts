/** Milliseconds that judging a pair of answers takes. `verify.mjs <file of cases>`; the last line is JSON. */
import { readFileSync } from 'node:fs';
import { verifyAnswer } from '../../src/answers/verify.js';

interface Case {
  gold: string;
  prediction: string;
}
const [file, rounds] = process.argv.slice(2);
if (file === undefined) throw new Error('Name the file of cases.');
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] };
const times: number[] = [];
// The first round compiles.
for (let round = 0; round <= Number(rounds ?? 5); round++) {
  if (round === 1) times.length = 0;
  for (const { gold, prediction } of cases) {
    const start = performance.now();
    verifyAnswer(gold, prediction);
    times.push(performance.now() - start);
  }
}
times.sort((a, b) => a - b);
const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
console.log(JSON.stringify({ pairs: cases.length, mean, p99: times[Math.floor(times.length * 0.99)] }));
