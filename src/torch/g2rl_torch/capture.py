"""Sums of token distributions from passes that run anyway: while sampling, or while log-probabilities are scored.

Φ is linear in p_t, so one vector of V sums a response is all that is kept; never an L × V matrix.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor

from .method import feature_difference, features

_TOKENS_PER_CHUNK = 256
"""Tokens whose distributions are held at once while scoring: 256 × V float32, 156 MB at V = 151,936."""


class UnsupportedModelError(ValueError):
    """The distribution a model samples from cannot be had from its LM head alone."""


def check_model(config: Any) -> None:
    """Raises UnsupportedModelError for heads whose logits are not h·Wᵀ: there Φ would not be the gradient."""
    text = config.get_text_config()
    for name in ("final_logit_softcapping", "logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling"):
        if getattr(text, name, None) not in (None, 1, 1.0):
            raise UnsupportedModelError(
                f"{text.model_type} changes its logits after the LM head ({name} is {getattr(text, name)}); "
                "the features are defined for plain heads. Choose another policy, or the method grpo or entropy."
            )


@contextmanager
def whole_head(model: Any) -> Iterator[Tensor]:
    """W, the LM head, whole: V × d. Shards of FSDP2 or DeepSpeed ZeRO-3 are gathered, which all ranks do together."""
    weight = model.get_output_embeddings().weight
    gathered: Any = nullcontext()
    if hasattr(weight, "full_tensor"):
        weight = weight.full_tensor()
    elif hasattr(weight, "ds_id"):
        import deepspeed

        gathered = deepspeed.zero.GatheredParameters([weight], modifier_rank=None)
    with torch.no_grad(), gathered:
        yield weight.detach()


class SamplingCapture:
    """Watches a model while it generates and sums softmax(logits / T) of every response, the end token counted.

    To be used around one `generate` call with left-padded prompts. What is sampled after a response's end token is
    padding and is left out.
    """

    def __init__(self, model: Any, temperature: float, end_tokens: list[int]) -> None:
        self._model = model
        self._temperature = temperature
        self._end_tokens = end_tokens
        self._finished: Tensor | None = None
        self._sums: Tensor | None = None
        self.seconds = 0.0

    def _before(self, _module: object, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        tokens = keywords.get("input_ids", arguments[0] if arguments else None)
        if tokens is None:
            raise UnsupportedModelError("the policy samples from embeddings; features need token ids")
        if self._sums is None:
            # The prompt, which may hold end tokens of its own.
            self._finished = torch.zeros(tokens.shape[0], dtype=torch.bool, device=tokens.device)
            return
        assert self._finished is not None
        ends = torch.tensor(self._end_tokens, device=tokens.device)
        self._finished = self._finished | torch.isin(tokens[:, -1], ends)

    def _after(self, _module: object, _arguments: object, logits: Tensor) -> None:
        start = time.perf_counter()
        assert self._finished is not None
        # Sampling computes the same: the last position in float32, divided by T, softmaxed.
        probabilities = (logits[:, -1].float() / self._temperature).softmax(dim=-1)
        probabilities.masked_fill_(self._finished[:, None].to(probabilities.device), 0)
        self._sums = probabilities if self._sums is None else self._sums.add_(probabilities)
        self.seconds += time.perf_counter() - start

    @contextmanager
    def watching(self) -> Iterator[None]:
        hooks = [
            self._model.register_forward_pre_hook(self._before, with_kwargs=True),
            self._model.get_output_embeddings().register_forward_hook(self._after),
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def features(self, completions: list[list[int]], weights: Tensor) -> Tensor:
        """Φ of every response, B × d in float32. completions: the sampled tokens with their end token."""
        start = time.perf_counter()
        if self._sums is None or self._sums.shape[0] != len(completions):
            raise RuntimeError("the sampling pass did not go through the policy's LM head once for each token")
        sums = self._sums[:, : weights.shape[0]]
        lengths = torch.tensor([len(tokens) for tokens in completions], dtype=torch.float64)
        mass = sums.sum(dim=1).double().cpu()
        # Each position adds a distribution; a wrong count of positions would be a wrong feature, silently.
        wrong = ((mass - lengths).abs() > 1e-3 * lengths + 1e-3) & torch.isfinite(mass)
        if bool(wrong.any()):
            row = int(wrong.nonzero()[0])
            raise RuntimeError(f"response {row} has {len(completions[row])} tokens, {mass[row]:.3f} distributions seen")
        phi = _project(completions, sums, weights)
        self._sums = None
        self.seconds += time.perf_counter() - start
        return phi


def _project(completions: list[list[int]], sums: Tensor, weights: Tensor) -> Tensor:
    differences = torch.stack(
        [
            feature_difference(torch.tensor(tokens, dtype=torch.long, device=sums.device), sums[row])
            for row, tokens in enumerate(completions)
        ]
    )
    return features(differences, weights)


@torch.no_grad()
def features_from_hidden(
    hidden: Tensor, completions: list[list[int]], weights: Tensor, bias: Tensor | None, temperature: float
) -> Tensor:
    """Φ of every response, B × d in float32, from the final hidden states of a scoring pass.

    hidden: B × C × d, the states that predict the right-padded completions; positions past a response's length are not
    looked at. Only 256 tokens have their distributions in memory at a time.
    """
    sums = torch.zeros(hidden.shape[0], weights.shape[0], device=hidden.device)
    for row, tokens in enumerate(completions):
        for start in range(0, len(tokens), _TOKENS_PER_CHUNK):
            states = hidden[row, start : min(start + _TOKENS_PER_CHUNK, len(tokens))]
            logits = torch.nn.functional.linear(states, weights, bias)
            sums[row] += (logits.float() / temperature).softmax(dim=-1).sum(dim=0)
    return _project(completions, sums, weights)
