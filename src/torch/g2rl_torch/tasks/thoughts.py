"""What a response says after its thoughts. The embedded engine's `thoughts.ts` is the same, by the same vectors."""

from __future__ import annotations

import re

_NAME = r"[\w:.-]{0,30}(?:think|thought|reason|scratchpad|reflect)[\w:.-]{0,30}"
"""Of tags for thoughts, wherever models put them: `<think>`, `<seed:think>`, `<inner_thoughts>`, `<reasoning>`."""
_OPENINGS = (
    rf"<(?:{_NAME})>|<\|(?:begin_of|start)_(?:{_NAME})\|>|\[(?:{_NAME})\]|◁(?:{_NAME})▷"
    r"|<\|channel\|>analysis<\|message\|>"
)
_CLOSINGS = rf"</{_NAME}>|<\|end(?:_of)?_{_NAME}\|>|\[/{_NAME}\]|◁/{_NAME}▷"
_OPENING = re.compile(_OPENINGS, re.IGNORECASE | re.ASCII)
_OPENING_AT_END = re.compile(rf"(?:{_OPENINGS})\Z", re.IGNORECASE | re.ASCII)
_CLOSING = re.compile(_CLOSINGS, re.IGNORECASE | re.ASCII)
_TURN_START = re.compile(
    r"\s*(?:<\|im_start\|>\s*assistant\b[ \t]*|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>"
    r"|<start_of_turn>\s*model\b|<\|assistant\|>|\[/INST\]|<｜Assistant｜>)",
    re.ASCII,
)
"""What chat templates put before an assistant's turn, when a response begins with it."""
_TURN_END = re.compile(
    r"<\|(?:im_start|im_end|endoftext|eot_id|eom_id|end|user|start_header_id|end_of_text|return)\|>|<end_of_turn>"
    r"|<start_of_turn>|</s>|<｜(?:end▁of▁sentence|User)｜>|\[INST\]|\n(?:### Instruction|Human|User):"
)
"""What ends it, or begins the next one."""
_FINAL_CHANNEL = "<|channel|>final<|message|>"
"""The channels of a turn: what comes before the last one is thought."""
_SEARCHED_OF_PROMPT = 200
"""Longer than any tag."""


def without_thoughts(response: str, prompt: str = "") -> str:
    """The part of a response that can hold its answer: neither its thoughts nor what a chat's next turn begins with.

    Thoughts that do not end leave only what came before them, which is nothing where the prompt has begun them.
    prompt: what the policy read: chat templates may open the thoughts at its end.
    """
    _, channel, text = response.rpartition(_FINAL_CHANNEL)
    if not channel:
        turn = _TURN_START.match(response)
        text = response if turn is None else response[turn.end() :]
    text = _TURN_END.split(text, maxsplit=1)[0]
    opened = None if channel else opened_thoughts(prompt)
    # What the prompt has begun is ended by its own tag.
    ends = [one for one in _CLOSING.finditer(text) if opened is None or _name_in(one[0]) == _name_in(opened)]
    if opened is not None and not ends:
        return ""
    if ends:
        text = text[ends[-1].end() :]
    start = _OPENING.search(text)
    return text if start is None else text[: start.start()]


def opened_thoughts(prompt: str) -> str | None:
    """The tag with which a prompt begins the thoughts of its responses; None when it does not."""
    found = _OPENING_AT_END.search(prompt.rstrip()[-_SEARCHED_OF_PROMPT:])
    return None if found is None else found[0]


def _name_in(tag: str) -> str:
    """Without the words that say which end it is."""
    return re.sub(r"begin_of_|end_of_|start_|end_|[^\w:.-]", "", tag.lower(), flags=re.ASCII)
