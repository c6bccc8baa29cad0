/** The judge's answers to its playground: the verdicts that training and benchmarks get. Pure. */
import { JUDGE, judgeInFull } from '../../answers/index.js';
import type { Answers, JudgeQuestions } from '../../contract/index.js';

export const judgeAnswers: Answers<JudgeQuestions, null> = {
  judge: async (_, { gold, response, kind, choices, prompt }) => ({
    ...judgeInFull(gold, response, kind, { prompt, ...(choices.length > 0 && { choices }) }),
    judge: JUDGE,
  }),
};
