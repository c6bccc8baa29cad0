/** How long rewards may take. */

/** A step's rewards, whatever the limit of a response. */
const longestStepSeconds = 600;

/** From the start of a program to its first answer: it may load packages and models. */
export const startSeconds = 120;

/** @param seconds limit of one response */
export const stepSeconds = (seconds: number, responses: number): number =>
  Math.min(seconds * responses, longestStepSeconds);

export const secondsText = (seconds: number): string => `${Number(seconds.toPrecision(3))} s`;
