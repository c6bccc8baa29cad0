"""Sentence embeddings, by which EVOL-RL measures how new a response is, and evaluations how similar texts are."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from transformers import AutoModel, AutoTokenizer

from ..errors import InputError, unloadable
from ..experiment.schema import Experiment
from .hub import check_hub
from .sentence_files import Pooling, sentence_files

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
    """Embeds by the last hidden states of a text's tokens: their mean, or what the model's own files say.

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
    files = sentence_files(name, setting)
    positions = getattr(model.config, "max_position_embeddings", None)
    longest = min(_LONGEST, files.longest or tokenizer.model_max_length, positions or _LONGEST)

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
            found.append(_pooled(states, encoded["attention_mask"], files.pooling))
        return torch.nn.functional.normalize(torch.cat(found), dim=1)

    return embed


def _pooled(states: Tensor, mask: Tensor, pooling: Pooling) -> Tensor:
    """states: [n, tokens, e]. mask: [n, tokens], 1 for tokens, 0 for the padding on their right. Returns [n, e]."""
    lengths = mask.sum(dim=1)
    inside = mask[..., None].to(states.dtype)
    if pooling == "cls":
        return states[:, 0] * inside[:, 0]
    if pooling == "last":
        last = (lengths - 1).clamp(min=0)
        rows = torch.arange(len(states), device=states.device)
        return states[rows, last] * inside[rows, last]
    if pooling == "max":
        largest = states.masked_fill(inside == 0, -torch.inf).amax(dim=1)
        return torch.where(lengths[:, None] > 0, largest, 0)
    return (states * inside).sum(dim=1) / lengths[:, None].clamp(min=1)
