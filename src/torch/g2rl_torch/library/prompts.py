"""Prompts of any data set as a run folder has them: a text, and an id that the same prompt always has."""

from __future__ import annotations

import hashlib
from typing import Any


def prompt_text(prompt: Any) -> str:
    """A prompt as text: of a conversation each message below its role, where it has more than one."""
    if isinstance(prompt, str):
        return prompt
    messages = [(str(one.get("role", "")), _content(one.get("content"))) for one in prompt]
    if len(messages) == 1:
        return messages[0][1]
    return "\n\n".join(f"{role}: {content}" for role, content in messages)


def _content(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", f"[{part.get('type', '')}]") for part in content if isinstance(part, dict))
    return "" if content is None else str(content)


def as_row(row: dict[str, Any]) -> dict[str, Any]:
    """The row of a prompt with `prompt` as text and a `prompt_id`, its own where it has one."""
    text = prompt_text(row.get("prompt", ""))
    known = row.get("prompt_id", row.get("id"))
    made = hashlib.sha256(text.encode()).hexdigest()[:12]
    return {"prompt_id": made if known is None else str(known), "prompt": text}
