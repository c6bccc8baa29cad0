"""Sentence embeddings, by which EVOL-RL measures how new a response is, and evaluations how similar texts are."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from transformers import AutoModel, AutoTokenizer

from ..errors import InputError, unloadable
from ..experiment.schema import Experiment
from .hub import check_hub

Embed = Callable[[list[str]], Tensor]
"""texts → n × e embeddings of length 1, or 0 for a text without a direction."""

_TEXTS_PER_PASS = 64
_LONGEST = 512
"""Tokens of a text that are looked at, unless the model takes fewer."""


def method_embedder(experiment: Experiment, cpu: bool) -> Embed | None:
    """None for methods that need none."""
    method = experiment.method
    if method.name != "evol-rl":
        return None
    if not method.embedding_model:
        raise InputError(
            "method.embeddingModel: evol-rl needs one.", "Specify a sentence-embedding model of the hub, or its folder."
        )
    return embedder(method.embedding_model, "method.embeddingModel", cpu)


def evaluation_embedder(name: str | None, cpu: bool) -> Embed | None:
    """None where evaluations are to compare no texts."""
    return embedder(name, "evaluation.embeddingModel", cpu) if name else None


def embedder(name: str, setting: str, cpu: bool) -> Embed:
    """Embeds by the mean of the last hidden states over a text's tokens, as sentence-transformers does for most models.

    setting: where the model is named, for messages.
    """
    check_hub(name)
    try:
        # Positions count from the left: padding there would move every text.
        tokenizer = AutoTokenizer.from_pretrained(name, padding_side="right")
        model = AutoModel.from_pretrained(name, dtype=torch.float32).eval()
    except (OSError, ValueError) as error:
        raise unloadable(setting, name, error) from error
    model.to("cpu" if cpu else "cuda")
    longest = min(_LONGEST, tokenizer.model_max_length)

    @torch.no_grad()
    def embed(texts: list[str]) -> Tensor:
        found = []
        for first in range(0, len(texts), _TEXTS_PER_PASS):
            batch = texts[first : first + _TEXTS_PER_PASS]
            encoded = tokenizer(batch, return_tensors="pt", padding=True, truncation=True, max_length=longest)
            if encoded["input_ids"].shape[1] == 0:
                # Empty texts only, and a tokenizer that adds nothing: they have no direction.
                found.append(torch.zeros(len(batch), model.config.hidden_size, device=model.device))
                continue
            encoded = {key: value.to(model.device) for key, value in encoded.items()}
            states = model(**encoded).last_hidden_state
            mask = encoded["attention_mask"][..., None].to(states.dtype)
            found.append((states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1))
        return torch.nn.functional.normalize(torch.cat(found), dim=1)

    return embed
