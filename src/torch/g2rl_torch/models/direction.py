"""The direction k̂ of DiRL (arXiv 2606.10346): what tells reasoning from recall in a policy's hidden states."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.nn.functional import normalize
from transformers import AutoConfig, AutoModelForCausalLM

from ..errors import InputError, unloadable
from ..files import open_regular

_PROMPTS_PER_PASS = 8
_LEAST_LENGTH = 1e-6
"""Of the difference of two means, as a share of what it is a difference of: below is rounding."""
_FORM = "Give one vector: a .safetensors file with one tensor, or a JSON array of numbers."


def width_of(policy: str) -> int:
    """d, the size of the policy's hidden states."""
    width: int = AutoConfig.from_pretrained(policy).get_text_config().hidden_size
    return width


def read_direction(path: Path, width: int, hint: str = _FORM) -> Tensor:
    """The vector of a file, of unit length: d values, float64.

    hint: what to do when the file is no such vector. Raises InputError naming the file and what is wrong with it.
    """
    try:
        with open_regular(path) as file:
            content = file.read()
        vector = _of_safetensors(content) if path.suffix == ".safetensors" else _of_json(content)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).", hint) from error
    except (ValueError, OverflowError, SafetensorError) as error:
        raise InputError(f"{path}: is no vector ({error}).", hint) from error
    vector = vector.double().squeeze()
    if vector.ndim != 1:
        raise InputError(f"{path}: is no vector: its shape is {tuple(vector.shape)}.", hint)
    if vector.numel() != width:
        raise InputError(
            f"{path}: has {vector.numel()} values, but the policy's hidden states have {width}.",
            "Use a direction that was found in this policy, or in one of the same size.",
        )
    wrong = (~torch.isfinite(vector)).nonzero()
    if wrong.numel():
        place = int(wrong[0])
        raise InputError(f"{path}: value {place + 1} is {vector[place].item()}.", hint)
    if vector.norm() == 0:
        raise InputError(f"{path}: is all 0, which has no direction.", hint)
    return normalize(vector, dim=0, eps=0)


def _of_safetensors(content: bytes) -> Tensor:
    tensors = safetensors.torch.load(content)
    if len(tensors) != 1:
        raise ValueError(f"it has {len(tensors)} tensors")
    return next(iter(tensors.values()))


def _of_json(content: bytes) -> Tensor:
    values = json.loads(content)
    if not isinstance(values, list) or not values:
        raise ValueError("it is not an array of numbers")
    for place, value in enumerate(values, start=1):
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise ValueError(f"value {place} is not a number")
    return torch.tensor(values, dtype=torch.float64)


def direction_between(
    policy: str, dtype: str, device: torch.device, tokenizer: Any, reasoning: list[str], recall: list[str]
) -> Tensor:
    """k̂: the mean hidden state of the reasoning prompts less that of the recall prompts, of unit length; d values,
    float64.

    The hidden state of a prompt is the one after the last norm at its last token, which predicts the first token of a
    response. The policy is loaded for this alone, as it is before training, and let go of. Raises InputError when
    the two means are the same, or not finite.
    """
    try:
        model = AutoModelForCausalLM.from_pretrained(policy, dtype=dtype).to(device).eval()
    except (OSError, ValueError) as error:
        raise unloadable("policy", policy, error) from error
    means = [_mean_state(model, tokenizer, prompts) for prompts in (reasoning, recall)]
    del model
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    difference: Tensor = means[0] - means[1]
    if not bool(torch.isfinite(difference).all()):
        raise InputError("policy: its hidden states are not finite numbers.", "Choose another policy.")
    if difference.norm() <= _LEAST_LENGTH * means[0].norm():
        raise InputError(
            "method.reasoningPrompts, method.recallPrompts: the policy's hidden states have the same mean in both, so "
            "that there is no direction from one to the other.",
            "Use two sets of different prompts.",
        )
    return normalize(difference, dim=0, eps=0)


@torch.no_grad()
def _mean_state(model: Any, tokenizer: Any, prompts: list[str]) -> Tensor:
    states = []
    for first in range(0, len(prompts), _PROMPTS_PER_PASS):
        # Padded on the right, where no state of a prompt sees the padding.
        batch = tokenizer(
            prompts[first : first + _PROMPTS_PER_PASS], return_tensors="pt", padding=True, padding_side="right"
        )
        inputs = {name: batch[name].to(model.device) for name in ("input_ids", "attention_mask")}
        last = inputs["attention_mask"].sum(dim=1) - 1
        hidden = model.base_model(**inputs).last_hidden_state
        states.append(hidden[torch.arange(len(last)), last].double().cpu())
    return torch.cat(states).mean(dim=0)
