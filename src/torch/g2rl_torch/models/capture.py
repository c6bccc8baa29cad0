"""Sums of token distributions from passes that run anyway: while sampling, or while log-probabilities are scored.

Φ is linear in p_t, so one vector of V sums per response is all that is kept; never an L × V matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig

from ..method.direction import alignments, projections, token_weights
from ..method.features import feature_difference, features
from .head import UnsupportedModelError, whole_head
from .stopwatch import Stopwatch

_TOKENS_PER_CHUNK = 256
"""Tokens whose distributions are held at once while scoring: 256 × V float32, 156 MB at V = 151,936."""

_VALUES_AT_ONCE = 2**25
"""Logits that are kept while sampling: 128 MiB in float32, 13 tokens of 16 responses at V = 151,936."""

_NO_TOKEN = -1

_NOT_ONCE = "the sampling pass did not go through the policy's LM head once for each token"


class SamplingCapture:
    """Watches a model while it generates and sums softmax(logits / T) of every response, the end token counted.

    To be used around one `generate` call with left-padded prompts. What is sampled after a response's end token is
    padding and is left out. The model's own generation settings are removed meanwhile, unless they were checked:
    transformers takes unset values from them, so that a repetition penalty, for example, would silently affect the
    samples.

    Sampling is bound by the launches of its kernels. Logits are therefore only copied when a token is sampled, and
    summed for several tokens together.

    direction: k̂ of DiRL, by which tokens are then weighted.
    """

    def __init__(self, model: Any, temperature: float, end_tokens: list[int], direction: Tensor | None = None) -> None:
        self._model = model
        self._temperature = temperature
        self._end_tokens = torch.tensor(end_tokens)
        self._finished: Tensor | None = None
        self._sums: Tensor | None = None
        self._direction = direction
        self._projected: list[Tensor] = []
        self._inputs: list[Tensor] = []
        self._logits: list[Tensor] = []
        self._hidden: list[Tensor] = []
        self.stopwatch = Stopwatch(model.device)

    def _before(self, _module: object, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        tokens = keywords.get("input_ids", arguments[0] if arguments else None)
        if tokens is None:
            raise UnsupportedModelError(
                "policy: it samples from embeddings; features need token ids.", "Choose another policy."
            )
        last = tokens[:, -1]
        if self._finished is None:
            self._finished = torch.zeros_like(last, dtype=torch.bool)
            self._end_tokens = self._end_tokens.to(last.device)
            # The prompt may end with an end token itself.
            last = torch.full_like(last, _NO_TOKEN)
        self._inputs.append(last)

    def _after(self, _module: object, arguments: tuple[Tensor, ...], logits: Tensor) -> None:
        self._logits.append(logits[:, -1].clone())
        if self._direction is not None:
            self._hidden.append(arguments[0][:, -1].clone())
        if (len(self._logits) + 1) * self._logits[0].numel() > _VALUES_AT_ONCE:
            self._add()

    def _add(self) -> None:
        """Adds the distributions of the tokens that were sampled since the last time."""
        if not self._logits:
            return
        assert self._finished is not None
        if len(self._logits) != len(self._inputs):
            raise RuntimeError(_NOT_ONCE)
        with self.stopwatch.running():
            # Sampling computes the same: the last position in float32, divided by T, softmaxed.
            probabilities = torch.stack(self._logits).float().div_(self._temperature).softmax(dim=-1)
            if self._direction is not None:
                projected = projections(torch.stack(self._hidden), self._direction)
                self._projected.extend(projected)
                probabilities.mul_(token_weights(projected)[..., None])
            ended = torch.isin(torch.stack(self._inputs), self._end_tokens)
            ended[0] |= self._finished
            ended = ended.cumsum(dim=0) > 0
            self._finished = ended[-1]
            probabilities.masked_fill_(ended[..., None].to(probabilities.device), 0)
            sums = probabilities.sum(dim=0)
            self._sums = sums if self._sums is None else self._sums.add_(sums)
        self._inputs.clear()
        self._logits.clear()
        self._hidden.clear()

    @contextmanager
    def watching(self, *, plain: bool = True) -> Iterator[None]:
        """plain: whether the model's own generation settings are removed meanwhile."""
        hooks = [
            self._model.register_forward_pre_hook(self._before, with_kwargs=True),
            self._model.get_output_embeddings().register_forward_hook(self._after),
        ]
        own = self._model.generation_config
        if plain:
            self._model.generation_config = GenerationConfig()
        try:
            yield
        finally:
            self._model.generation_config = own
            for hook in hooks:
                hook.remove()

    def features(self, completions: list[list[int]], weights: Tensor) -> Tensor:
        """Φ of every response, B × d in float32. completions: the sampled tokens with their end token."""
        self._add()
        if self._sums is None or self._sums.shape[0] != len(completions):
            raise RuntimeError(_NOT_ONCE)
        sums = self._sums[:, : weights.shape[0]]
        of_tokens = None if self._direction is None else token_weights(torch.stack(self._projected, dim=1))
        totals = torch.tensor([len(tokens) for tokens in completions], dtype=torch.float64)
        if of_tokens is not None:
            rows = zip(of_tokens.double().cpu(), completions, strict=True)
            totals = torch.stack([row[: len(tokens)].sum() for row, tokens in rows])
        mass = sums.sum(dim=1).double().cpu()
        # Each position adds a distribution; a wrong count of positions would be a wrong feature, silently.
        wrong = ((mass - totals).abs() > 1e-3 * totals) & torch.isfinite(mass)
        if bool(wrong.any()):
            row = int(wrong.nonzero()[0])
            raise RuntimeError(f"response {row} has {len(completions[row])} tokens, {mass[row]:.3f} distributions seen")
        with self.stopwatch.running():
            phi = _project(completions, sums, weights, of_tokens)
        self._sums = None
        return phi

    def alignments(self, completions: list[list[int]]) -> Tensor | None:
        """s_i of every response, B values in float32; None without a direction."""
        if self._direction is None:
            return None
        self._add()
        return alignments(torch.stack(self._projected, dim=1), [len(tokens) for tokens in completions])


def _project(completions: list[list[int]], sums: Tensor, weights: Tensor, of_tokens: Tensor | None = None) -> Tensor:
    """of_tokens: B × C weights of the tokens, those with which the distributions were summed."""
    differences = torch.stack(
        [
            feature_difference(
                torch.tensor(tokens, dtype=torch.long),
                sums[row],
                None if of_tokens is None else of_tokens[row, : len(tokens)],
            )
            for row, tokens in enumerate(completions)
        ]
    )
    # A pass under autocast would round the product to its precision.
    with torch.autocast(sums.device.type, enabled=False):
        return features(differences, weights)


@torch.no_grad()
def features_from_hidden(
    hidden: Tensor,
    completions: list[list[int]],
    weights: Tensor,
    bias: Tensor | None,
    temperature: float,
    of_tokens: Tensor | None = None,
) -> Tensor:
    """Φ of every response, B × d in float32, from the final hidden states of a scoring pass.

    hidden: B × C × d, the states that predict the right-padded completions; positions past a response's length are not
    looked at. Only 256 tokens have their distributions in memory at a time. of_tokens: B × C weights of the tokens,
    all equal without them.
    """
    sums = torch.zeros(hidden.shape[0], weights.shape[0], device=hidden.device)
    # Once here, not by autocast for every chunk.
    kind = hidden.device.type
    head = weights.to(torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else hidden.dtype)
    bias = None if bias is None else bias.to(head.dtype)
    for row, tokens in enumerate(completions):
        for start in range(0, len(tokens), _TOKENS_PER_CHUNK):
            chunk = slice(start, min(start + _TOKENS_PER_CHUNK, len(tokens)))
            logits = torch.nn.functional.linear(hidden[row, chunk], head, bias)
            probabilities = (logits.float() / temperature).softmax(dim=-1)
            if of_tokens is not None:
                probabilities.mul_(of_tokens[row, chunk, None])
            sums[row] += probabilities.sum(dim=0)
    return _project(completions, sums, weights, of_tokens)


class ScoringCapture:
    """Watches a policy while it scores responses, in as many passes as it takes, and makes their features from the
    final hidden states.

    completions: the tokens of each response, in the order of the passes' rows. width: positions at the end of a row
    that the right-padded responses take. direction: see `SamplingCapture`.
    """

    def __init__(
        self,
        model: Any,
        temperature: float,
        completions: list[list[int]],
        width: int,
        direction: Tensor | None = None,
    ) -> None:
        self._model = model
        self._temperature = temperature
        self._completions = completions
        self._width = width
        self._direction = direction
        self._features: list[Tensor] = []
        self._alignments: list[Tensor] = []
        self.stopwatch = Stopwatch(model.device)

    def _after(self, _module: object, _arguments: object, output: Any) -> None:
        # The state before a token predicts it.
        hidden = output.last_hidden_state[:, -self._width - 1 : -1]
        done = sum(len(one) for one in self._features)
        rows = self._completions[done : done + hidden.shape[0]]
        with self.stopwatch.running(), whole_head(self._model) as head:
            of_tokens = None
            if self._direction is not None:
                projected = projections(hidden, self._direction)
                self._alignments.append(alignments(projected, [len(tokens) for tokens in rows]))
                of_tokens = token_weights(projected)
            bias = self._model.get_output_embeddings().bias
            self._features.append(features_from_hidden(hidden, rows, head, bias, self._temperature, of_tokens))

    @contextmanager
    def watching(self) -> Iterator[None]:
        hook = self._model.base_model.register_forward_hook(self._after)
        try:
            yield
        finally:
            hook.remove()

    def features(self) -> Tensor:
        """Φ of every response, B × d in float32."""
        return torch.cat(self._features)

    def alignments(self) -> Tensor | None:
        """s_i of every response, B values in float32; None without a direction."""
        return None if self._direction is None else torch.cat(self._alignments)
