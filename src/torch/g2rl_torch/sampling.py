"""Responses to the problems of a benchmark, with their features. Here transformers samples; vllm_sampling.py has the
other way.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from transformers import GenerationConfig

from .capture import SamplingCapture, end_tokens_of, whole_head, without_adapters_wrapper
from .counter_random import stream_of

_MOST_ROWS = 256
_TOKENS_PER_BATCH = 131_072
"""Tokens whose keys and values are held at once: 14 GiB for a policy of 1.7 B parameters in bfloat16."""


@dataclass(frozen=True)
class Draw:
    """Responses to be sampled: `samples` to each prompt. What they are depends on nothing else."""

    prompts: list[str]
    first: int
    """Place of the first prompt in its benchmark; the others follow it there."""
    offset: int
    """Responses that were drawn for each of them before."""
    samples: int
    temperature: float
    """0 is greedy."""
    seed: int
    max_new_tokens: int

    @property
    def scale(self) -> float:
        """The temperature T that logits are divided by. Greedy responses have the features of T = 1."""
        return self.temperature or 1.0


@dataclass(frozen=True)
class Sampled:
    tokens: list[int]
    """With the token that ended it."""
    finished: bool
    """False when the length limit cut it off."""
    phi: Tensor
    """Φ: d values, float32, on the CPU."""


class Sampler(Protocol):
    """A policy to sample from, which may be sharded over all ranks: they call it together."""

    name: str
    """What the responses depend on besides a draw and the policy."""

    @property
    def tokenizer(self) -> Any: ...

    def portion(self, problems: int, samples: int, max_new_tokens: int, ranks: int) -> tuple[int, int]:
        """Problems, and responses to each of them, that a rank is best asked for at once."""

    def sample(self, draw: Draw) -> list[Sampled]:
        """The responses, prompt after prompt."""


@dataclass(frozen=True)
class PolicySampler:
    """transformers samples; the features fall out of its passes."""

    generating: Callable[[], AbstractContextManager[Any]]
    """The model, ready for `generate` while the context lasts. All ranks enter together."""
    tokenizer: Any
    device: torch.device
    name = "transformers"

    def portion(self, problems: int, samples: int, max_new_tokens: int, ranks: int) -> tuple[int, int]:
        del problems, ranks
        # What is sampled depends on the batch: how many ranks share the batches must not change them.
        rows = max(1, min(_MOST_ROWS, _TOKENS_PER_BATCH // max_new_tokens))
        return max(1, rows // samples), min(rows, samples)

    def sample(self, draw: Draw) -> list[Sampled]:
        tokenizer = self.tokenizer
        encoded = tokenizer(draw.prompts, return_tensors="pt", padding=True, padding_side="left")
        inputs = {name: encoded[name].to(self.device) for name in ("input_ids", "attention_mask")}
        inputs = {name: value.repeat_interleave(draw.samples, dim=0) for name, value in inputs.items()}
        devices = [self.device] if self.device.type == "cuda" else []
        random = {"do_sample": True, "temperature": draw.scale, "top_k": 0, "top_p": 1.0}
        with self.generating() as model, torch.random.fork_rng(devices=devices), torch.no_grad():
            policy = without_adapters_wrapper(model)
            end_tokens = end_tokens_of(policy, tokenizer)
            config = GenerationConfig(
                max_new_tokens=draw.max_new_tokens,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=end_tokens,
                **({"do_sample": False} if draw.temperature == 0 else random),
            )
            capture = SamplingCapture(policy, draw.scale, end_tokens)
            torch.manual_seed((draw.seed << 32) + stream_of("evaluation", draw.first * 4096 + draw.offset))
            with capture.watching():
                output = model.generate(**inputs, generation_config=config)
        completions = []
        for tokens in output[:, inputs["input_ids"].shape[1] :].tolist():
            end = next((place for place, token in enumerate(tokens, start=1) if token in end_tokens), len(tokens))
            completions.append(tokens[:end])
        with whole_head(policy) as head:
            phi = capture.features(completions, head)
        return sampled(completions, end_tokens, phi)


def sampled(completions: list[list[int]], end_tokens: list[int], phi: Tensor) -> list[Sampled]:
    features = phi.float().cpu()
    return [
        Sampled(tokens, bool(tokens) and tokens[-1] in end_tokens, own)
        for tokens, own in zip(completions, features, strict=True)
    ]
