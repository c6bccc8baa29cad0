"""Prompts that a policy would not read whole are refused before anything is computed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import InputError


@dataclass(frozen=True)
class Foreseen:
    """What is known of a prompt before the first step."""

    id: str
    text: str
    where: str | None = None
    """Its file and row or line."""


@dataclass(frozen=True)
class PromptCheck:
    tokenizer: Any
    positions: int | None
    """Of the policy; None where its configuration does not say."""

    def __call__(self, prompts: Iterable[Foreseen], new_tokens: int) -> None:
        """Raises InputError naming the place of a prompt and what is wrong with it.

        new_tokens: that must fit behind a prompt.
        """
        for prompt in prompts:
            place = "" if prompt.where is None else f"{prompt.where}: "
            tokens = self.tokenizer(prompt.text, add_special_tokens=False)["input_ids"]
            lost = self._unreadable(prompt.text, tokens)
            if lost is not None:
                raise InputError(
                    f'{place}The policy\'s tokenizer cannot write "{lost}" of problem {prompt.id}.',
                    "Use a policy whose tokenizer knows the language of the problems, or choose other problems.",
                )
            whole = len(self.tokenizer(prompt.text)["input_ids"])
            if whole == 0:
                raise InputError(f"{place}Problem {prompt.id} is no token at all.", "Remove it.")
            if self.positions is not None and whole + new_tokens > self.positions:
                raise InputError(
                    f"{place}Problem {prompt.id} has {whole} tokens, which with {new_tokens} new ones exceed the "
                    f"policy's {self.positions} positions (config.json: max_position_embeddings).",
                    "Lower the number of new tokens (maxNewTokens), or remove the problem.",
                )

    def _unreadable(self, text: str, tokens: list[int]) -> str | None:
        """What is not read of a text: a character, or the word with it where words are tokens."""
        unknown = self.tokenizer.unk_token_id
        known = [token for token in tokens if token != unknown]
        kept = _characters(self.tokenizer.decode(known, skip_special_tokens=False))
        lost = next((one for one in _characters(text) if one not in kept), None)
        if lost is not None or len(known) == len(tokens):
            return lost
        words = text.split()
        return next((w for w in words if unknown in self.tokenizer(w, add_special_tokens=False)["input_ids"]), text)


def _characters(text: str) -> dict[str, None]:
    """In their order; tokenizers may write one in more than one way."""
    return dict.fromkeys("".join(unicodedata.normalize("NFKC", text).split()))
