/** From a whole response to its answer. */
import { announcementsIn, stepsIn, taggedIn } from './announcements.js';
import { lastBoxes, trimmed } from './boxes.js';
import { withinBudget } from './budget.js';
import { calendarVerdict } from './calendar.js';
import { chosenIn } from './chosen.js';
import { accepts, equivalence } from './equivalence.js';
import type { ExtractionKind, Reading } from './kinds.js';
import { plainFunctions, withoutTextCommands } from './notation.js';
import { announcedIn, lastSaid } from './prose.js';
import type { Found } from './sentences.js';
import { answeredPart } from './thoughts.js';

/** What a response was given. */
export interface Asked {
  /** What it answers, which may have begun its thoughts. */
  prompt?: string | undefined;
  /** The texts of the choices, the first of which is A. */
  choices?: readonly string[] | undefined;
}

/** Only the end of a response can hold its answer; more is not searched. */
const longestText = 200_000;
/** For an answer that nothing marks. */
const searchedCharacters = 20_000;
const nearCharacters = 1500;
/** As many announcements are tried, the last ones. */
const triedAnnouncements = 16;

/**
 * The answer of a response: its last box, or several boxes with nothing but separators between them as a list; else
 * what its last tag for an answer holds; else what follows its last "the answer is", "Answer:" or "####"; else what its
 * last sentence with a formula or a number gives. Null when there is none of these.
 */
export function readAnswer(
  response: string,
  kind: ExtractionKind = 'math',
  asked: Asked = {},
): Reading | null {
  const { start, end } = answeredPart(response, asked.prompt);
  const from = Math.max(start, end - longestText);
  const text = ownTurn(response.slice(from, end));
  const reading = withinBudget(() =>
    kind === 'choice' ? (chosenIn(text, asked.choices) ?? readText(text, kind)) : readText(text, kind),
  );
  return reading && shifted(reading, from);
}

/** The text of what {@link readAnswer} reads. */
export const extractAnswer = (response: string, kind: ExtractionKind = 'math', prompt = ''): string | null =>
  readAnswer(response, kind, { prompt })?.text ?? null;

/** Without the next question that a base model goes on with after it has answered. */
export function ownTurn(text: string): string {
  for (const { index } of text.matchAll(/^(?:Question|Problem|Q|Exercise)\b[^\n:]{0,10}:/gm)) {
    const own = text.slice(0, index);
    if (!/\n[ \t]*\n$/.test(own.slice(-20))) continue;
    return /\\boxed|\\fbox|<\/answer>/.test(own) || announcementsIn(own).length > 0 ? own : text;
  }
  return text;
}

function readText(text: string, kind: ExtractionKind): Reading | null {
  const boxed = lastBoxes(text);
  const tag = taggedIn(text);
  // A box after the tag, or in it, is nearer to the answer.
  if (tag !== null && (boxed === null || boxed.end <= tag.start)) {
    const inside = readTag(text.slice(tag.start, tag.end), kind);
    if (inside !== null) {
      return { ...inside, start: tag.start + inside.start, end: tag.start + inside.end, rule: 'tag' };
    }
  }
  if (boxed !== null) {
    const { boxes, ...found } = boxed;
    if (kind === 'math' && boxes === 1) found.text = withoutProse(found.text);
    return { ...(kind === 'math' ? withoutSecondForm(found) : found), rule: boxes === 1 ? 'box' : 'boxes' };
  }
  const announced = announcedAnswer(text, announcementsIn(text), kind);
  if (announced !== null) return { ...withoutSecondForm(announced), rule: 'announcement' };
  const end = trimmed(text, { start: 0, end: text.length });
  if (end.start === end.end) return null;
  if (kind === 'choice') return null;
  if (kind === 'text') return { ...end, text: text.slice(end.start, end.end), rule: 'whole' };
  return unmarkedAnswer(text, end.start, end.end);
}

/** What a box with a sentence in it gives: "The answer is 12", "12 (approximately)". */
function withoutProse(content: string): string {
  const plain = withoutTextCommands(content);
  if (!/(?<![\\A-Za-z])[A-Za-z]{3,}/.test(plain)) return content;
  const places = announcementsIn(plain);
  if (places.length > 0) return announcedAnswer(plain, places, 'math')?.text ?? content;
  // Only the last brackets are looked at: a search from every digit would take too long.
  const open = plain.lastIndexOf('(');
  const [value, explanation] = [plain.slice(0, open).trimEnd(), plain.slice(open)];
  const explains = /^\((?=[^()]*(?<![\\A-Za-z])[A-Za-z]{5})[^()]*\)\s*$/.test(explanation);
  return open !== -1 && explains && /\d/.test(value) ? value : content;
}

/** A tag holds an answer as it is, or a sentence that gives it. */
function readTag(content: string, kind: ExtractionKind): Reading | null {
  const { start, end } = trimmed(content, { start: 0, end: content.length });
  if (start === end) return null;
  const own = content.slice(start, end);
  if (kind === 'text') return { text: own, start, end, rule: 'whole' };
  const read = readText(own, kind);
  return read === null ? { text: own, start, end, rule: 'whole' } : shifted(read, start);
}

const shifted = (reading: Reading, by: number): Reading => ({
  ...reading,
  start: reading.start + by,
  end: reading.end + by,
});

const inequality = /[<>≤≥≠∈]|\\(?:leq?|geq?|lt|gt|neq?|in)(?![A-Za-z])/;

/** "1/2, or 0.5" is one answer twice: the first form. */
function withoutSecondForm<Reading extends Found>(found: Reading): Reading {
  const forms = found.text.split(/,?\s*(?:\\text\s*\{,?\s*or\s*\}|(?<![A-Za-z\\{])or(?![A-Za-z]))\s*/);
  const [first] = forms as [string];
  // Inequalities joined by "or" are a set.
  if (forms.length < 2 || forms.length > 3 || first === '' || inequality.test(found.text)) return found;
  return forms.every((form) => accepts(equivalence(first, form))) ? { ...found, text: first } : found;
}

/** Words that say that the answer stands elsewhere. */
const elsewhere =
  /\b(?:below|above|follow(?:s|ing)?|obvious|clear|correct|right|wrong|incorrect|found|given|unique|simple)\b/i;

/** What the last of these announcements gives; in mathematics rather a formula than words. */
function announcedAnswer(text: string, places: readonly number[], kind: ExtractionKind): Found | null {
  for (const place of places.slice(-triedAnnouncements).reverse()) {
    const found = announcedIn(text, place, text.length);
    if (found === null) continue;
    if (kind === 'text') return found;
    const words = !/[\d\\$√π=^]/.test(found.text) && found.text.split(/\s+/).length;
    if (words === false || (words <= 6 && !elsewhere.test(found.text))) return found;
  }
  return null;
}

/** An answer that nothing marks: the whole text if it is short, else a bold formula, else what is said last. */
function unmarkedAnswer(text: string, start: number, end: number): Reading | null {
  const own = text.slice(start, end);
  if (isBare(own)) return { text: own, start, end, rule: 'whole' };
  const whole = /^(\*\*|__)([^*_]+)\1\.?$/.exec(own)?.[2];
  if (whole !== undefined && isBare(whole))
    return { text: whole, start: start + 2, end: start + 2 + whole.length, rule: 'bold' };
  const from = Math.max(start, end - searchedCharacters);
  const bold = boldAnswer(text, from, end);
  if (bold !== null) return { ...bold, rule: 'bold' };
  const step = announcedAnswer(
    text,
    stepsIn(text.slice(from, end)).map((place) => from + place),
    'math',
  );
  if (step !== null) return { ...step, rule: 'announcement' };
  // Nearly always the last lines are enough.
  const near = text.lastIndexOf('\n', end - nearCharacters);
  const said = (near > from ? lastSaid(text, near, end) : null) ?? lastSaid(text, from, end);
  return said && { ...withoutSecondForm(said), rule: 'last' };
}

/** The last bold text, when it is a formula in the last lines. */
function boldAnswer(text: string, from: number, to: number): Found | null {
  const last = [...text.slice(from, to).matchAll(/\*\*([^*\n]{1,300})\*\*/g)].at(-1);
  if (last === undefined) return null;
  // "**5**, **6**": a list.
  if (
    /\*\*\s*(?:[,;/]|and|or)?\s*$/.test(text.slice(Math.max(from, from + last.index - 10), from + last.index))
  )
    return null;
  const start = from + last.index + 2;
  const end = start + last[1]!.length;
  const rest = text.slice(end, to);
  if (rest.split('\n').filter((line) => line.trim() !== '').length > 2) return null;
  const found = lastSaid(text, start, end);
  // "**Step 3:**" is a heading.
  if (/:\s*$|^(?:step|part|case|note|method)\b/i.test(last[1]!)) return null;
  return found !== null && isBare(last[1]!.trim()) ? { text: last[1]!.trim(), start, end } : null;
}

/** Short, one line, no sentence: the response is only its answer. */
function isBare(text: string): boolean {
  if (text.length > 200 || /[\n`?]|\*\*|^\s*(?:[-=]*>|[=→⇒∴])|<\/?[a-z]+>|^[*_].*[*_]\.?$/.test(text))
    return false;
  // "I get 42", but "May 3, 2020" and "log 5".
  const [, first] = /^([A-Za-z][A-Za-z'’]+|I)\s/.exec(text) ?? [];
  const begun = first !== undefined && !plainFunctions.has(first) && /[\d=\\]/.test(text);
  if (begun && calendarVerdict(text, text) === null) return false;
  const bare = text
    .replace(/\\(?:begin|end)\{[^}]*\}|\\(?:text|mathrm)\w*\s*\{[^{}]*\}|\\[A-Za-z]+/g, ' ')
    .replace(/\b(?:and|or|mod|pi|sin|cos|tan|log|ln|sqrt)\b/g, ' ');
  const words = bare.match(/(?<![A-Za-z])[A-Za-z]{3,}/g) ?? [];
  if (/[$]|\\[([]/.test(text) || /:\s/.test(bare)) return false;
  return words.length <= 1 && !/(?<![A-Za-z])(?:is|it|we|so|to|be|he|if)(?![A-Za-z])/i.test(bare);
}
