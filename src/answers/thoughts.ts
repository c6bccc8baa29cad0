/** What a response says after its thoughts. `g2rl_torch.tasks.thoughts` is the same, by the same vectors. */

/** Names of tags for thoughts, wherever models put them: `<think>`, `<seed:think>`, `<inner_thoughts>`, `<reasoning>`. */
const name = '[\\w:.-]{0,30}(?:think|thought|reason|scratchpad|reflect)[\\w:.-]{0,30}';
const openings = `<(${name})>|<\\|(?:begin_of|start)_(${name})\\|>|\\[(${name})\\]|◁(${name})▷|<\\|channel\\|>analysis<\\|message\\|>`;
const closings = `</${name}>|<\\|end(?:_of)?_${name}\\|>|\\[/${name}\\]|◁/${name}▷`;
const opening = new RegExp(openings, 'i');
const openingAtEnd = new RegExp(`(?:${openings})$`, 'i');
const closing = new RegExp(closings, 'gi');
/** Longer than any tag. */
const searchedOfPrompt = 200;

/** What chat templates put before an assistant's turn, when a response begins with it. */
const turnStart =
  /^\s*(?:<\|im_start\|>\s*assistant\b[ \t]*|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>|<start_of_turn>\s*model\b|<\|assistant\|>|\[\/INST\]|<｜Assistant｜>)/;
/** What ends it, or begins the next one. */
const turnEnd =
  /<\|(?:im_start|im_end|endoftext|eot_id|eom_id|end|user|start_header_id|end_of_text|return)\|>|<end_of_turn>|<start_of_turn>|<\/s>|<｜(?:end▁of▁sentence|User)｜>|\[INST\]|\n(?:### Instruction|Human|User):/;

/** The channels of a turn: what comes before the last one is thought. */
const finalChannel = '<|channel|>final<|message|>';

/** A part of a text: from `start`, before `end`, in UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}

/**
 * The part of a response that can hold its answer: neither its thoughts nor what a chat's next turn begins with.
 * Thoughts that do not end leave only what came before them, which is nothing where the prompt has begun them.
 * @param prompt what the policy read: chat templates may open the thoughts at its end
 */
export function answeredPart(response: string, prompt = ''): Span {
  const channel = response.lastIndexOf(finalChannel);
  let start = channel === -1 ? (turnStart.exec(response)?.[0].length ?? 0) : channel + finalChannel.length;
  const text = response.slice(start);
  const turn = turnEnd.exec(text)?.index ?? text.length;
  const opened = channel === -1 ? openedThoughts(prompt) : null;
  const ends = [...text.slice(0, turn).matchAll(closing)].filter(
    // What the prompt has begun is ended by its own tag.
    ([tag]) => opened === null || nameIn(tag) === nameIn(opened),
  );
  const last = ends.at(-1);
  if (opened !== null && last === undefined) return { start, end: start };
  const end = start + turn;
  if (last !== undefined) start += last.index + last[0].length;
  const thought = opening.exec(response.slice(start, end));
  return { start, end: thought === null ? end : start + thought.index };
}

/** The tag with which a prompt begins the thoughts of its responses; null when it does not. */
export function openedThoughts(prompt: string): string | null {
  return openingAtEnd.exec(prompt.trimEnd().slice(-searchedOfPrompt))?.[0] ?? null;
}

/** The text of {@link answeredPart}. */
export function withoutThoughts(response: string, prompt = ''): string {
  const { start, end } = answeredPart(response, prompt);
  return response.slice(start, end);
}

const nameIn = (tag: string): string =>
  /** Without the words that say which end it is. */
  tag.toLowerCase().replace(/begin_of_|end_of_|start_|end_|[^\w:.-]/g, '');
