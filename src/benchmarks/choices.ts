/** Multiple choice: which choice is the right one, and in which order choices are shown. */
import { CounterRandom, streamOf } from '../random.js';
import { choiceLetter } from './prompts.js';

/** How a row says which choice is right: its letter (A is the first), its index (0 is the first) or its text. */
export type AnswerForm = 'letter' | 'index' | 'text';

/**
 * Index of the right choice. Without a form, whichever of the three reads the answer; null when none does.
 *
 * @throws RangeError when two readings disagree
 */
export function rightChoice(
  answer: string,
  choices: readonly string[],
  form: AnswerForm | undefined,
): number | null {
  const within = (index: number) => (index >= 0 && index < choices.length ? index : -1);
  const readings: Record<AnswerForm, () => number> = {
    letter: () => (/^\(?[A-Za-z]\)?\.?$/.test(answer) ? within(letterIndex(answer)) : -1),
    index: () => (/^\d+$/.test(answer) ? within(Number(answer)) : -1),
    text: () => choices.findIndex((choice) => choice.trim() === answer),
  };
  const forms: AnswerForm[] = form === undefined ? ['letter', 'index', 'text'] : [form];
  const found = new Set(forms.map((candidate) => readings[candidate]()).filter((index) => index >= 0));
  if (found.size > 1) {
    throw new RangeError(`"${answer}" is both the text of one choice and the letter or index of another`);
  }
  return found.values().next().value ?? null;
}

const letterIndex = (answer: string): number =>
  answer
    .replace(/[^A-Za-z]/g, '')
    .toUpperCase()
    .charCodeAt(0) - 'A'.charCodeAt(0);

/** Texts of choices that speak of the others by place: shown elsewhere they would mean something else. */
const speakingOfPlaces: readonly RegExp[] = [
  /\b(?:all|none|both|either|neither|any|two|three) of (?:the )?(?:above|these|those)\b/i,
  /\b(?:above|preceding|foregoing)(?: (?:choices|options|answers))?\W*$/i,
  /\b(?:both )?\(?[A-J]\)?,? (?:and|or|&) \(?[A-J]\)?(?: only)?\W*$/,
  /\bonly \(?[A-J]\)?\W*$/i,
];

/** Whether the choices must stay in the order they were published in. */
export const mustKeepOrder = (choices: readonly string[]): boolean =>
  choices.some((choice) => speakingOfPlaces.some((pattern) => pattern.test(choice)));

/**
 * Choices in an order that depends on the seed and the problem's id alone, and the letter of the right one.
 * Choices such as "all of the above" or "A and C" keep the order of the data set.
 */
export function shuffleChoices(
  id: string,
  choices: readonly string[],
  right: number,
  seed: number,
): { choices: string[]; answer: string } {
  const order = choices.map((_, index) => index);
  if (!mustKeepOrder(choices)) new CounterRandom(seed, streamOf(`choices ${id}`)).shuffle(order);
  return {
    choices: order.map((index) => choices[index]!),
    answer: choiceLetter(order.indexOf(right)),
  };
}
