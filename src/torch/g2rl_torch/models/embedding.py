"""Sentence embeddings, by which EVOL-RL measures how new a response is."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from transformers import AutoModel, AutoTokenizer

from ..errors import InputError, unloadable
from ..experiment.schema import MethodSettings
from .hub import check_hub

_TEXTS_PER_PASS = 64
_LONGEST = 512
"""Tokens of a text that are looked at, unless the model takes fewer."""


def embedder(method: MethodSettings, cpu: bool) -> Callable[[list[str]], Tensor] | None:
    """texts → n × e embeddings: the mean of the last hidden states over a text's tokens, as sentence-transformers
    makes them for most models. None for methods that need none.
    """
    if method.name != "evol-rl":
        return None
    name = method.embedding_model
    if not name:
        raise InputError(
            "method.embeddingModel: evol-rl needs one.", "Specify a sentence-embedding model of the hub, or its folder."
        )
    check_hub(name)
    try:
        # Positions count from the left: padding there would move every text.
        tokenizer = AutoTokenizer.from_pretrained(name, padding_side="right")
        model = AutoModel.from_pretrained(name, dtype=torch.float32).eval()
    except (OSError, ValueError) as error:
        raise unloadable("method.embeddingModel", name, error) from error
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
