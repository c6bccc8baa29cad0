/** Random pairs of answers, most of them broken: none may end the judge, and none may take long. */
import { readFileSync } from 'node:fs';
import { verifyAnswer } from '../../src/answers/verify.js';

export interface Judging {
  pairs: number;
  seed: number;
  say(line: string): void;
}

/** Longer than any pair may take, milliseconds of the processor: other programs do not count. */
const longest = 500;

const files = ['answers.json', 'adversary.json'];

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const tokens =
  '\\frac \\sqrt \\boxed \\sum_{k=1}^ \\prod_{j=1}^{40} \\int_0^1 \\binom \\left( \\right) \\begin{pmatrix} \\end{pmatrix} \\begin{cases} \\text{ \\cup \\infty \\pi \\ln \\sin \\arctan \\circ \\pm \\in \\{ \\} { } ( ) [ ] | ^ _ ! % & \\\\ \\mid \\, , ; : . = < > \\le \\ne \\approx + - * / 0 1 2 7 10 99 1e9 1e300 0.333333 12,345 x y n e i and or m kg cm^2 \\mathbb{R} π √ ² ∞ − 🙂 \u0000 $ #### answer is <think> </think> \n'.split(
    ' ',
  );

type Mutation = (text: string, other: string, random: () => number) => string;

const mutations: readonly Mutation[] = [
  (text) => text,
  (_, other) => other,
  (text, other, random) => text.slice(0, random() * text.length) + other.slice(random() * other.length),
  (text, _, random) => {
    const place = Math.floor(random() * text.length);
    const code = text.charCodeAt(place) ^ (1 << Math.floor(random() * 8));
    return text.slice(0, place) + String.fromCharCode(code || 32) + text.slice(place + 1);
  },
  (text, _, random) => text.slice(0, Math.floor(random() * text.length)),
  (text, _, random) => {
    const place = Math.floor(random() * text.length);
    return text.slice(0, place) + tokens[Math.floor(random() * tokens.length)] + text.slice(place);
  },
  (_text, _other, random) =>
    Array.from({ length: 1 + random() * 40 }, () => tokens[Math.floor(random() * tokens.length)]).join(
      random() < 0.5 ? '' : ' ',
    ),
  (text, _, random) => {
    const around = [
      ['\\frac{1}{', '}'],
      ['\\sqrt{', '}'],
      ['(', ')'],
      ['{', '}'],
      ['9^{', '}'],
      ['\\sum_{a=1}^{300} (', ')'],
      ['\\arctan(', ')'],
      ['(', ')!'],
    ][Math.floor(random() * 8)] ?? ['', ''];
    const times = 1 + Math.floor(random() ** 4 * 80);
    return `${around[0]?.repeat(times)}${text}${around[1]?.repeat(times)}`;
  },
  (text, _, random) =>
    `${text.slice(0, 2000)}${['+', ',', ' and ', '=', '<', '^', ''][Math.floor(random() * 7)]}`.repeat(
      1 + random() ** 4 * 200,
    ),
  (text, _, random) =>
    text
      .slice(0, 2000)
      .repeat(1 + Math.floor(random() ** 8 * 20_000))
      .slice(0, 780_000),
];

/** Judges so many random pairs; says which crash or take too long. */
export function tortureJudge({ pairs, seed, say }: Judging): {
  failures: number;
  slowest: number;
  seconds: number;
} {
  const texts = files.flatMap((name) => {
    const { cases } = JSON.parse(readFileSync(`test/vectors/${name}`, 'utf8')) as {
      cases: { gold: string; prediction: string }[];
    };
    return cases.flatMap(({ gold, prediction }) => [gold, prediction]);
  });
  const start = performance.now();
  let [failures, slowest] = [0, 0];
  for (let index = 0; index < pairs; index++) {
    const random = randomOf(seed * 1_000_003 + index);
    const any = () => texts[Math.floor(random() * texts.length)] ?? '';
    const mutated = () => {
      let text = any();
      for (let times = random() * 3; times > 0; times--) {
        text = mutations[Math.floor(random() * mutations.length)]?.(text, any(), random) ?? text;
      }
      return text;
    };
    const [gold, prediction] = [mutated(), random() < 0.3 ? mutated() : `\\boxed{${mutated()}}`];
    const kind = (['math', 'math', 'math', 'choice', 'text'] as const)[Math.floor(random() * 5)] ?? 'math';
    const before = process.cpuUsage();
    try {
      verifyAnswer(gold, prediction, kind);
    } catch (error) {
      failures++;
      say(
        `pair ${index}: ${error instanceof Error ? error.stack : String(error)}\n  ${short(gold)} | ${short(prediction)}`,
      );
    }
    const { user, system } = process.cpuUsage(before);
    const time = (user + system) / 1000;
    slowest = Math.max(slowest, time);
    if (time > longest) {
      failures++;
      say(`pair ${index}: ${time.toFixed(0)} ms\n  ${short(gold)} | ${short(prediction)}`);
    }
    if (index % 100_000 === 99_999)
      say(`${index + 1} pairs, ${failures} failures, slowest ${slowest.toFixed(0)} ms`);
  }
  return { failures, slowest, seconds: (performance.now() - start) / 1000 };
}

const short = (text: string): string => JSON.stringify(text.slice(0, 300));
