/** What a response says after its thoughts. `g2rl_torch.tasks.thoughts` is the same, by the same vectors. */

/** Names of tags for thoughts, wherever models put them: `<think>`, `<seed:think>`, `<inner_thoughts>`, `<reasoning>`. */
const name = '[\\w:.-]{0,30}(?:think|thought|reason|scratchpad|reflect)[\\w:.-]{0,30}';
const openings = `<(${name})>|<\\|(?:begin_of|start)_(${name})\\|>|\\[(${name})\\]|◁(${name})▷`;
const closings = `</${name}>|<\\|end(?:_of)?_${name}\\|>|\\[/${name}\\]|◁/${name}▷`;
const opening = new RegExp(openings, 'i');
const openingAtEnd = new RegExp(`(?:${openings})$`, 'i');
const closing = new RegExp(closings, 'gi');
/** Longer than any tag. */
const searchedOfPrompt = 200;

/**
 * The part of a response that can hold its answer: neither its thoughts nor what a chat's next turn begins with.
 * Thoughts that do not end leave only what came before them, which is nothing where the prompt has begun them.
 * @param prompt what the policy read: chat templates may open the thoughts at its end
 */
export function withoutThoughts(response: string, prompt = ''): string {
  let text = response.split(/<\|(?:im_start|im_end|endoftext|eot_id|end)\|>/, 1)[0]!;
  const opened = openingAtEnd.exec(prompt.trimEnd().slice(-searchedOfPrompt));
  const ends = [...text.matchAll(closing)].filter(
    // What the prompt has begun is ended by its own tag.
    ([tag]) => opened === null || nameIn(tag) === nameIn(opened[0]),
  );
  const end = ends.at(-1);
  if (opened !== null && end === undefined) return '';
  if (end !== undefined) text = text.slice(end.index + end[0].length);
  const start = opening.exec(text);
  return start === null ? text : text.slice(0, start.index);
}

const nameIn = (tag: string): string =>
  /** Without the words that say which end it is. */
  tag.toLowerCase().replace(/begin_of_|end_of_|start_|end_|[^\w:.-]/g, '');
