/** The letter that a response chooses, from A to J, and where. */
import { announcementsIn, taggedIn } from './announcements.js';
import { boxesIn, lastBoxes } from './boxes.js';
import { choiceLetterOf, latinLetters } from './choices.js';
import type { Reading } from './kinds.js';
import { comparableText } from './text.js';

/** Only the end of a response can hold its answer. */
const longestText = 200_000;
/** For a letter that nothing marks. */
const searchedCharacters = 4000;

/** Between an announcement and its letter. */
const before =
  /(?:[\s*_$"'“”`:：=>~,{}\\]|\\(?:text|textbf|mathbf|mathrm|boxed|underline|left)\b|(?:most\s+|very\s+)?(?:likely|probably|clearly|certainly|definitely|indeed|therefore|thus|then|still|also|obviously|simply|just|surely)\b|(?:the\s+)?(?:correct\s+|best\s+|right\s+)?(?:options?|choices?|letters?|answers?)\b(?:\s+(?:is|labell?ed))?|either\b|both\b|that\b|to be\b|选项|選項|选择|선택지|[是为為选])*/iy;
const letter =
  /[([（【]?\s*([A-Ja-j])(?![\p{Script=Latin}\p{N}_'’^=+/\\<>]|\s*[=+^<>]|-\p{L})\s*[)\]）】]?/uy;
/** What may follow "A" or "I" when it is a letter and not a word. */
const afterWord =
  /^\s*(?:$|[^\p{Script=Latin}\s]|(?:because|since|as|is|are|for|due|given|which|based|and|or|but|with|not|would|was|seems|fits|represents|correct)\b)/iu;
const another =
  /^[\s*_$"'}]{0,9}(?:(?<=\s)(?=[([（][A-J][)\]）])|,|\/|&|、|，|and|or|和|或|y|et|und|oder)[\s*_$"'{]*(?:(?:or|and)\s+)?(?:option\s+|choice\s+)?[([（]?([A-J])(?![\p{L}\p{N}'’])(?!\s+(?:is|was|are)\b)/u;
const denied =
  /^[\s*_)\].]*(?:(?:is|was|are|would be|seems|looks|[:–-])\s*(?:not\b|clearly\s+|also\s+)?\s*(?:incorrect|wrong|false|eliminated|ruled out|excluded|invalid|implausible|unlikely)|(?:is|was|are|does|can|would)?\s*(?:not\b|n['’]t)|isn|doesn|cannot|can['’]t|错|不)/i;
const denying =
  /(?:\b(?:not|isn['’]t|neither|nor|never|unlike|except|without|than|eliminat\w+|exclud\w+|rul\w+ out|reject\w*|discard\w*|cannot be|can['’]t be|incorrect\w*|wrong)(?:\s+(?:be|is|are|option|choice|answer|the))*|不[是选])[\s:*_("]*$/i;

interface Letters {
  letters: string[];
  start: number;
  end: number;
}

/** The letter or letters right at `from`, after words that add nothing. Null when something else stands there. */
function lettersAt(text: string, from: number): Letters | null {
  before.lastIndex = from;
  let start = from + (before.exec(text)?.[0].length ?? 0);
  letter.lastIndex = start;
  const match = letter.exec(text);
  if (match === null) return null;
  const [whole, own] = match as unknown as [string, string];
  let end = start + whole.length;
  const bracketed = /[)\]）】]/.test(whole);
  const rest = text.slice(end, end + 80);
  // "a prime", "I think"; a lower-case letter stands alone.
  if (!bracketed && /^[AI]$/.test(own) && !afterWord.test(rest)) return null;
  if (!bracketed && /[a-j]/.test(own) && !/^[\s*_$"'}]*(?:$|[.,:;\n]|[)}])/.test(rest)) return null;
  if (denied.test(rest)) return null;
  const letters = [own.toUpperCase()];
  end = othersAfter(text, end, letters);
  start += whole.length - whole.trimStart().length;
  return { letters, start, end };
}

/** Adds the letters that are left open beside the one before `from`; where they end. */
function othersAfter(text: string, from: number, letters: string[]): number {
  let end = from;
  for (let count = 0; count < 10; count++) {
    const more = another.exec(text.slice(end, end + 80).replace(/^[)\]）]/, ' '));
    if (more === null) break;
    letters.push(more[1]!);
    end += more[0].length;
  }
  return end;
}

/**
 * What a response chooses: in a box or a tag, after words that announce it, called right, or alone in a line. Letters
 * that a response leaves open, "B or C", are read as both.
 * @param choices their texts, the first of which is A: what is boxed or announced may be one of them
 * @param anywhere whether a letter counts that nothing marks, but is the last one
 */
export function chosenIn(original: string, choices?: readonly string[], anywhere = true): Reading | null {
  if (original.length > longestText) {
    const cut = original.length - longestText;
    const read = chosenIn(original.slice(cut), choices, anywhere);
    return read && { ...read, start: read.start + cut, end: read.end + cut };
  }
  // As long as the text: places stay the same.
  const text = latinLetters(original);
  return (
    boxedLetter(text) ??
    taggedLetter(text) ??
    (choices ? choiceByText(original, choices) : null) ??
    announcedLetter(text) ??
    assertedLetter(text) ??
    verdictLine(text) ??
    unmarkedLetter(text, anywhere)
  );
}

const reading = (rule: Reading['rule'], { letters, start, end }: Letters): Reading => ({
  text: [...new Set(letters)].join(', '),
  start,
  end,
  rule,
});

/** The last box that holds a letter, and no formula. */
function boxedLetter(text: string): Reading | null {
  const box = boxesIn(text).at(-1);
  if (box === undefined) return null;
  const { start, end } = box.inside;
  // \boxed{A} or \boxed{B}
  const several = lastBoxes(text);
  if (several !== null && several.boxes > 1 && choiceLetterOf(box.content) !== null) {
    return { text: several.text, start: several.start, end: several.end, rule: 'boxes' };
  }
  const found = lettersAt(text.slice(0, end), start);
  if (found !== null && found.letters.length > 1) return { ...reading('box', found), start, end };
  const own = choiceLetterOf(box.content);
  return own !== null && /[A-J]/.test(own) ? { text: own, start, end, rule: 'box' } : null;
}

function taggedLetter(text: string): Reading | null {
  const tag = taggedIn(text);
  if (tag === null) return null;
  const content = text.slice(0, tag.end);
  const found = lettersAt(content, tag.start) ?? null;
  if (found !== null) return reading('tag', found);
  const inner = chosenIn(text.slice(tag.start, tag.end));
  return inner && { ...inner, start: tag.start + inner.start, end: tag.start + inner.end, rule: 'tag' };
}

/** Sentences of this many characters are searched for a letter that stands after its text. */
const sentenceLength = 300;

function announcedLetter(text: string): Reading | null {
  for (const place of announcementsIn(text).slice(-16).reverse()) {
    const found = lettersAt(text, place);
    if (found !== null) return reading('announcement', found);
    // "The answer is the mitochondria (C)."
    const sentence = text.slice(place, place + sentenceLength).split(/\n|(?<=[^.][a-z)])\.\s/, 1)[0]!;
    const marked = lastUndenied(text, /[([（]([A-J])[)\]）]/g, place, place + sentence.length);
    if (marked !== null) return reading('announcement', marked);
  }
  return null;
}

/** What is announced, boxed or all of the response, when it is the text of one choice and of no other. */
function choiceByText(text: string, choices: readonly string[]): Reading | null {
  const box = boxesIn(text).at(-1);
  const parts = [
    ...(box ? [box.inside] : []),
    ...announcementsIn(text)
      .slice(-4)
      .reverse()
      .map((start) => ({ start, end: start + text.slice(start, start + 600).split('\n', 1)[0]!.length })),
    { start: Math.max(0, text.length - 600), end: text.length },
  ];
  const comparable = (one: string) => comparableText(one.replace(/[*`"]/g, '')).toLowerCase();
  // "B" is rather the letter than a blood group.
  const known = choices.map(comparable).map((choice) => (/^[a-j]$/.test(choice) ? '' : choice));
  for (const { start, end } of parts) {
    const own = comparable(text.slice(start, end));
    const places = known.flatMap((choice, index) => (choice !== '' && choice === own ? [index] : []));
    if (places.length === 1) {
      return { text: String.fromCharCode(65 + places[0]!), start, end, rule: 'choice' };
    }
  }
  return null;
}

/** "(B) is correct", "I choose B", "so it must be B". */
const asserted = [
  /(?:^|[\s*_("“])(?:options?\s+|choices?\s+|answer\s+)?[([（*_]{0,4}([A-J])[)\]）*_.:]{0,4}\s+(?:is|would be|seems|must be|as)\s+(?:therefore\s+|thus\s+|clearly\s+|indeed\s+|most likely\s+)?(?:the\s+)?(?:only\s+|most\s+|single\s+)?(?:correct|right|best|(?<!I is )true|answer|appropriate|accurate|likely|valid|one)(?![a-z])/g,
  /\b(?:choos\w+|chose|select(?:ed|ing|s)?|pick(?:ed|ing|s)?|go(?:ing)?\s+with|opt(?:ed|ing)?\s+for|settle\s+on|vote\s+for|must\s+be|leaves?(?:\s+(?:us\s+)?(?:only|with))?|it['’]s|it\s+is|say|think|believe|points?\s+to|corresponds?\s+to|matches|therefore|thus|hence|so)[,:]?\s+(?:that\s+)?(?:it['’]s\s+|it\s+is\s+)?(?:the\s+)?(?:only\s+)?(?:options?\s+|choices?\s+|answer\s+|letter\s+)?[("“*_]{0,4}([A-J])(?![\p{L}\p{N}'’=+^]|\s*[=+^]|-\p{L})/giu,
  /(?:选择?|選擇?|选为|正确的是|正確的是)\s*[：:]?\s*[（(]?([A-J])(?![\p{Script=Latin}\p{N}])/gu,
  /([A-J])[)）]?\s*(?:选?项|選項)?(?:是|为)?(?:正确|正確|对的)/gu,
];

function assertedLetter(text: string): Reading | null {
  const from = Math.max(0, text.length - searchedCharacters);
  const found = asserted.flatMap((pattern) => lastUndenied(text, pattern, from, text.length) ?? []);
  const last = found.sort((a, b) => a.start - b.start).at(-1);
  return last === undefined ? null : reading('choice', last);
}

/** "A) Paris: incorrect" for every choice but one. */
function verdictLine(text: string): Reading | null {
  const right = linesOf(text).filter(
    (line) =>
      /(?:\b(?:correct|right|true)|[✓✔✅])[\s*_.!)]*$/i.test(line.text.slice(-40)) &&
      !/\bnot\b/.test(line.text.slice(-40)) &&
      letterLine(line.text) !== null,
  );
  const [only, ...others] = right;
  return only === undefined || others.length > 0 ? null : lineOf(only, 2);
}

/** In a line of its own, the last or the first one; else the last one in the last lines. */
function unmarkedLetter(text: string, anywhere: boolean): Reading | null {
  const lines = linesOf(text);
  const [last, first] = [lines.at(-1), lines[0]];
  if (last === undefined || first === undefined) return null;
  // The choices themselves.
  if (lines.length > 1 && listed(lines.at(-2)!.text, last.text)) return null;
  return (
    lineOf(last, lines.length) ??
    (lines.length > 1 && listed(lines[1]!.text, first.text) ? null : lineOf(first, lines.length)) ??
    (anywhere ? lastLetter(text) : null)
  );
}

interface Line {
  text: string;
  start: number;
}

/** A line that is only a letter, or a letter with its text. */
function lineOf({ text, start }: Line, lines: number): Reading | null {
  const own = letterLine(text);
  return own === null
    ? null
    : { text: own, start, end: start + text.length, rule: lines === 1 ? 'whole' : 'choice' };
}

function letterLine(line: string): string | null {
  if (line.length > 300) return null;
  const own = choiceLetterOf(
    line
      .replace(/^[>#\s-]+/, '')
      .replace(/^(?:so|thus|hence|therefore|answer)[,:]?\s+(?=\W{0,3}[A-J]\b)/i, ''),
  );
  if (own === null && /^\W{0,3}[A-J]\W{0,3}\s(?:because|since|as|due to)\b/.test(line))
    return lettersAt(line, 0)?.letters[0] ?? null;
  if (own === null || !/[A-J]/.test(own)) return null;
  // "B, because A …" chooses; "A, B" does not.
  const found = lettersAt(line, 0);
  return found !== null && found.letters.length > 1 ? found.letters.join(', ') : own;
}

/** Both lines begin with a letter of their own: they list the choices. */
function listed(a: string, b: string): boolean {
  const [first, second] = [choiceLetterOf(a.replace(/^[>#\s-]+/, '')), choiceLetterOf(b)];
  return first !== null && second !== null && first !== second && b.length > 3;
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (const line of text.split('\n')) {
    const own = line.trim();
    if (own !== '') lines.push({ text: own, start: start + line.indexOf(own) });
    start += line.length + 1;
  }
  return lines;
}

/** In the last lines: the last letter in brackets, in bold, or alone. */
function lastLetter(text: string): Reading | null {
  const lines = linesOf(text).slice(-3);
  const from = Math.max(lines[0]?.start ?? 0, text.length - searchedCharacters);
  const patterns = [
    /[([（]([A-J])[)\]）]/g,
    /\*\*([A-J])[.:)]?\*\*/g,
    /(?<![\p{L}\p{N}'’\\^_=+/{-])([A-J])(?![\p{L}\p{N}'’^_=+/}-])/gu,
  ];
  for (const pattern of patterns) {
    const found = lastUndenied(text, pattern, from, text.length);
    if (found !== null) return reading('choice', found);
  }
  return null;
}

/** The last letter that the pattern finds, is no word and is not said to be wrong; with those beside it, "B or C". */
function lastUndenied(text: string, pattern: RegExp, from: number, to: number): Letters | null {
  let last: Letters | null = null;
  for (const match of text.slice(from, to).matchAll(pattern)) {
    const own = match[1]!;
    if (!/[A-J]/.test(own)) continue;
    const place = from + match.index + match[0].lastIndexOf(own);
    const rest = text.slice(place + 1, Math.min(to, place + 60));
    if (/^[AI]$/.test(own) && !afterWord.test(rest)) continue;
    if (denied.test(rest) || denying.test(text.slice(Math.max(0, place - 40), place))) continue;
    const pair: boolean =
      last !== null &&
      /^(?:[\s*_)(\],/]*(?:and|or|,|\/)[\s*_(]*|[ *_)(]*)$/.test(text.slice(last.end, place));
    last = {
      letters: pair ? [...last!.letters, own] : [own],
      start: pair ? last!.start : place,
      end: place + 1,
    };
  }
  if (last !== null) last.end = othersAfter(text, last.end, last.letters);
  return last;
}
