/** The gold answer: as it was published, or out of a published solution or sentence. */
import { announcementsIn } from './announcements.js';
import { choiceLetterOf } from './choices.js';
import { extractAnswer } from './extract.js';
import type { ExtractionKind } from './kinds.js';
import { UnreadableAnswer } from './lexer.js';
import { parseAnswer } from './parser.js';
import { formulaOf } from './text.js';

/** A sentence that ends with what it says something is: "So we get $x=12$." */
const statement =
  /(?:^|[\s,])(?:is|are|equals?|get|gives?|have|obtain|be|becomes|therefore|thus|hence|so|that|then|[:=])\s*(\$[^$]+\$|\\\(.+?\\\)|\$\$.+?\$\$|\\\[.+?\\\])\s*\.?\s*$/is;

/** The answer of a published solution, or what was published as the answer. */
export function readGold(gold: string, kind: ExtractionKind): string {
  if (kind === 'choice') return choiceLetterOf(gold) ?? extractAnswer(gold, kind) ?? gold;
  if (
    /\\(?:boxed|fbox|framebox)\b|[\b]oxed/.test(gold) ||
    /(?:^|\n)####/.test(gold) ||
    /<answer>/i.test(gold)
  )
    return extractAnswer(gold, kind) ?? gold;
  if (
    kind === 'text' ||
    !/(?<![A-Za-z])[A-Za-z]{2,20}\s{1,9}[A-Za-z]{2,}|(?<![A-Za-z])[A-Za-z]{2,20}\s?:/.test(gold) ||
    parses(gold)
  )
    return gold;
  if (announcementsIn(gold).length > 0) return extractAnswer(gold, kind) ?? gold;
  return statement.exec(gold)?.[1] ?? gold;
}

function parses(text: string): boolean {
  try {
    parseAnswer(formulaOf(text));
    return true;
  } catch (error) {
    if (error instanceof UnreadableAnswer || error instanceof RangeError) return false;
    throw error;
  }
}
