"""The LM head of a policy and what stands around it: adapters, shards, end tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor

from ..errors import InputError


class UnsupportedModelError(InputError):
    """The distribution a model samples from does not follow from its LM head alone."""


_BENDS_LOGITS = ("final_logit_softcapping", "logits_soft_cap", "output_logit_soft_cap")
_SCALES_LOGITS = ("logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")
_HEADS_WITH_LAYERS = (
    "bert",
    "big_bird",
    "camembert",
    "data2vec-text",
    "electra",
    "ernie",
    "megatron-bert",
    "modernbert-decoder",
    "rembert",
    "roberta",
    "roberta-prelayernorm",
    "roformer",
    "xlm-roberta",
    "xlm-roberta-xl",
    "xmod",
)
"""Between the hidden states of the model and the matrix of its head there is more."""


def check_model(config: Any) -> None:
    """Raises UnsupportedModelError for heads whose logits are not h·Wᵀ: there Φ would not be the gradient."""
    text = config.get_text_config()
    if text.model_type in _HEADS_WITH_LAYERS:
        raise UnsupportedModelError(
            f"policy: the LM head of {text.model_type} has layers of its own before its logits; the features are "
            "defined for plain heads.",
            "Choose another policy.",
        )
    for name in (*_BENDS_LOGITS, *_SCALES_LOGITS):
        value = getattr(text, name, None)
        if value is not None and (name in _BENDS_LOGITS or value != 1):
            raise UnsupportedModelError(
                f"policy: {text.model_type} changes its logits after the LM head ({name} is {value}); "
                "the features are defined for plain heads.",
                "Choose another policy.",
            )


def without_adapters_wrapper(model: Any) -> Any:
    """The causal language model itself, its adapters in place, if it has any."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


@contextmanager
def whole_head(model: Any) -> Iterator[Tensor]:
    """W, the LM head, whole: V × d. Shards of FSDP2 or DeepSpeed ZeRO-3 are gathered, which all ranks do together."""
    weight = model.get_output_embeddings().weight
    gathered: Any = nullcontext()
    if hasattr(weight, "full_tensor"):
        weight = weight.full_tensor()
    elif hasattr(weight, "ds_id") and weight.ds_status.name != "AVAILABLE":
        # One that a forward pass holds already, as that of a tied embedding, must not be taken from it at the end.
        import deepspeed

        gathered = deepspeed.zero.GatheredParameters([weight], modifier_rank=None)
    with torch.no_grad(), gathered:
        yield weight.detach()


def end_tokens_of(model: Any, tokenizer: Any) -> list[int]:
    """What ends a response: the tokenizer's end of sequence and all that the model names, as in TRL."""
    named = model.generation_config.eos_token_id
    tokens = [named] if isinstance(named, int) else list(named or [])
    return tokens if tokenizer.eos_token_id in tokens else [tokenizer.eos_token_id, *tokens]
