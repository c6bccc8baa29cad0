/** How a problem is put to a policy. */
import type { AnswerKind, BenchmarkProblem } from '../tasks/index.js';

/** One message of a chat, for a tokenizer's chat template. */
export interface ChatMessage {
  role: 'system' | 'user';
  content: string;
}

/** Step-by-step reasoning and the answer in a box, as in the paper's training and validation. */
const mathSystemPrompt = 'Please reason step by step, and put your final answer within \\boxed{}.';

/** The same for multiple choice, where the answer is a letter. */
const choiceSystemPrompt =
  'Please reason step by step, and put the letter of your final answer within \\boxed{}.';

const firstLetter = 'A'.charCodeAt(0);

/** Letters there are for choices. */
export const maxChoices = 26;

/** 0 is A. */
export const choiceLetter = (index: number): string => String.fromCharCode(firstLetter + index);

/** The messages to answer: the system prompt, then the statement with its choices, one per line. */
export function problemMessages(problem: BenchmarkProblem, answerKind: AnswerKind): ChatMessage[] {
  const lines = (problem.choices ?? []).map((choice, index) => `${choiceLetter(index)}. ${choice}`);
  const content = lines.length === 0 ? problem.problem : `${problem.problem}\n\n${lines.join('\n')}`;
  const system = answerKind === 'choice' ? choiceSystemPrompt : mathSystemPrompt;
  return [
    { role: 'system', content: system },
    { role: 'user', content },
  ];
}

/** The same as one text, for a policy whose tokenizer has no chat template. */
export const plainPrompt = (messages: readonly ChatMessage[]): string =>
  `${messages.map(({ content }) => content).join('\n\n')}\n\n`;
