"""Responses sampled by transformers; their features come from the passes that sample them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import torch
from transformers import GenerationConfig

from ..models.capture import SamplingCapture
from ..models.head import end_tokens_of, whole_head, without_adapters_wrapper
from ..tasks.counter_random import stream_of
from .sampler import Draw, Sampled, sampled

_MOST_ROWS = 256
_TOKENS_PER_BATCH = 131_072
"""Tokens whose keys and values are held at once: 14 GiB for a policy of 1.7 B parameters in bfloat16."""


@dataclass(frozen=True)
class PolicySampler:
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
