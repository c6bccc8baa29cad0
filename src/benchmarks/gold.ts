/** Gold answers that are broken as they are written. */

/** Why no response can be judged against the answer, or null when nothing is plainly wrong with it. */
export function brokenAnswer(answer: string): string | null {
  let depth = 0;
  for (let index = 0; index < answer.length; index++) {
    if (answer[index] === '\\') index++;
    else if (answer[index] === '{') depth++;
    else if (answer[index] === '}' && --depth < 0) return 'it has a } without a {';
  }
  if (depth > 0) return 'it has a { without a }';
  const dollars = answer.match(/(?<!\\)\$/g)?.length ?? 0;
  const isMoney = /^\$\s*[\d.]/.test(answer);
  return dollars % 2 === 1 && !isMoney ? 'it has a $ without another' : null;
}
