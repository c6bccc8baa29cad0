/** How long rewards may take, and how large they may be. */

/** A step's rewards, whatever the limit of a response. */
const longestStepSeconds = 600;

/** From the start of a program to its first answer: it may load packages and models. */
export const startSeconds = 120;

/** @param seconds limit of one response */
export const stepSeconds = (seconds: number, responses: number): number =>
  Math.min(seconds * responses, longestStepSeconds);

/** The largest number of single precision, in which TRL adds rewards up: beyond it both engines have no sum. */
export const largestReward = 2 ** 128 - 2 ** 104;

export const secondsText = (seconds: number): string => `${Number(seconds.toPrecision(3))} s`;
