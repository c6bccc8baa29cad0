/** Letters of choices in all their spellings: B, (B), B., **B**, \text{B}, option B. */
import { withoutTextCommands } from './notation.js';

/** Letters that number choices in other scripts, A to J in order. */
const alphabets = [
  'ＡＢＣＤＥＦＧＨＩＪ',
  'أبجدهوزحطي',
  'ابجدهوزحطي',
  'অবডঢ',
  'कखगघङ',
  'אבגדהוזחטי',
  'กขคงจ',
  '①②③④⑤⑥⑦⑧⑨⑩',
];

/** With the letters A to J in place of those of other scripts that number choices. */
export const latinLetters = (text: string): string =>
  text.replace(
    /(?<![\p{L}\p{M}])[ＡＢＣＤＥＦＧＨＩＪأبجدهوزحطياঅবডঢकखगघङאבגדהוזחטיกขคงจ①-⑩](?![\p{L}\p{M}])/gu,
    (letter) => {
      const place = Math.max(...alphabets.map((alphabet) => [...alphabet].indexOf(letter)));
      return place === -1 ? letter : 'ABCDEFGHIJ'[place]!;
    },
  );

/** The letter when the text is only one, with at most the choice's text after it; else null. */
export function choiceLetterOf(text: string): string | null {
  const bare = latinLetters(withoutTextCommands(withoutTextCommands(text)))
    .replace(/\\(?:textbf|underline|boxed|left|right|quad|[,;: ])|[$*_`"'{}\\]/g, '')
    .trim();
  const match =
    /^(?:(?:the\s+)?(?:correct\s+)?(?:option|choice|answer|letter)(?:\s+is)?\s*:?\s+)?[([（【]{0,2}\s*([A-Za-z])\s*(?:[)\].:）】．。]|[,、](?!\s*[([]?[A-J](?![A-Za-z]))|$)/i.exec(
      bare,
    ) ?? /^([A-J])\s*[-–—]\s/.exec(bare);
  return match ? match[1]!.toUpperCase() : null;
}
