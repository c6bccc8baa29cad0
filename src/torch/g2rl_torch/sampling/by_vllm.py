"""Responses sampled by vLLM; their features come from a pass of the policy over them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from math import ceil
from typing import Any, Protocol

import torch
from accelerate.utils import gather_object
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ..models.capture import features_from_hidden
from ..models.head import end_tokens_of, whole_head, without_adapters_wrapper
from ..models.policy import positions_of
from ..tasks.counter_random import CounterRandom, stream_of
from .sampler import Draw, Sampled, sampled

_MOST_ROWS = 512
"""vLLM queues what it cannot hold. More would wait less often for a batch's longest response, and longer for a stop."""
_REQUESTS_AT_ONCE = 64
_TOKENS_PER_PASS = 32_768


class Engine(Protocol):
    """vLLM, with the weights of the policy."""

    def answer(self, prompts: list[list[int]], seeds: list[int], draw: Draw) -> list[list[list[int]]]:
        """`draw.samples` token sequences to each prompt, each with the token that ended it."""


@dataclass(frozen=True)
class EngineInside:
    """vLLM in this process. Processes that hold one engine together ask it the same."""

    llm: Any

    def answer(self, prompts: list[list[int]], seeds: list[int], draw: Draw) -> list[list[list[int]]]:
        from vllm import SamplingParams

        longest = self.llm.llm_engine.model_config.max_model_len
        parameters = [
            SamplingParams(
                n=draw.samples,
                seed=seed,
                temperature=draw.temperature,
                top_p=1.0,
                top_k=0,
                max_tokens=min(draw.max_new_tokens, longest - len(prompt)),
            )
            for prompt, seed in zip(prompts, seeds, strict=True)
        ]
        inputs = [{"prompt_token_ids": prompt} for prompt in prompts]
        outputs = self.llm.generate(inputs, sampling_params=parameters, use_tqdm=False)
        # With several responses to a prompt the engine lists them as they ended.
        return [[list(one.token_ids) for one in sorted(output.outputs, key=lambda o: o.index)] for output in outputs]


@dataclass(frozen=True)
class EngineServer:
    """vLLM behind HTTP; every process asks for its own responses. client: TRL's VLLMClient."""

    client: Any

    def answer(self, prompts: list[list[int]], seeds: list[int], draw: Draw) -> list[list[list[int]]]:
        def ask(prompt: list[int], seed: int) -> list[list[int]]:
            found: list[list[int]] = self.client.generate(
                [prompt],
                n=draw.samples,
                temperature=draw.temperature,
                top_p=1.0,
                top_k=0,
                max_tokens=draw.max_new_tokens,
                logprobs=None,
                generation_kwargs={"seed": seed},
            )["completion_ids"]
            return found

        with ThreadPoolExecutor(_REQUESTS_AT_ONCE) as pool:
            return list(pool.map(ask, prompts, seeds))


def can_use_vllm(cuda: bool) -> bool:
    return cuda and find_spec("vllm") is not None


def longest_sequence(policy: str, tokenizer: Any, asked: list[tuple[list[str], int]]) -> int:
    """Tokens of the longest prompt and response together that an engine is asked for; it would keep room for as many
    as the policy has positions. asked: prompts, and the most tokens of a response to one of them.
    """
    longest = max(max(map(len, tokenizer(prompts)["input_ids"])) + tokens for prompts, tokens in asked)
    return min(longest, positions_of(policy) or longest)


@lru_cache
def engine_server(url: str) -> EngineServer:
    """One for each process: TRL has its own client on rank 0 only."""
    from trl.generation.vllm_client import VLLMClient

    return EngineServer(VLLMClient(url))


@dataclass(frozen=True)
class VllmSampler:
    asking: Callable[[], AbstractContextManager[Engine]]
    """The engine, with the policy's newest weights. All ranks enter together."""
    scoring: Callable[[], AbstractContextManager[Any]]
    """The policy, ready for passes while the context lasts. All ranks enter together."""
    tokenizer: Any
    device: torch.device
    name = "vllm"

    def portion(self, problems: int, samples: int, max_new_tokens: int, ranks: int) -> tuple[int, int]:
        del max_new_tokens
        return max(1, min(_MOST_ROWS // samples, ceil(problems / ranks))), samples

    def sample(self, draw: Draw) -> list[Sampled]:
        prompts: list[list[int]] = self.tokenizer(draw.prompts)["input_ids"]
        places = range(draw.first, draw.first + len(prompts))
        # vLLM seeds the responses to one prompt with consecutive numbers.
        seeds = [
            CounterRandom(draw.seed, stream_of("evaluation", place)).below(2**31) + draw.offset for place in places
        ]
        # vLLM refuses to give the same response several times.
        copies = draw.samples if draw.temperature == 0 else 1
        with self.asking() as engine:
            found = engine.answer(prompts, seeds, replace(draw, samples=draw.samples // copies))
        answers = [one * copies for one in found]
        completions = [tokens for answer in answers for tokens in answer]
        asked = [prompt for prompt, answer in zip(prompts, answers, strict=True) for _ in answer]
        with self.scoring() as model:
            policy = without_adapters_wrapper(model)
            phi = scored_features(policy, self.device, asked, completions, draw.scale)
            return sampled(completions, end_tokens_of(policy, self.tokenizer), phi)


def sampler_beside(model: Any, tokenizer: Any, device: torch.device, share: float, longest: int) -> VllmSampler:
    """An engine of this process alone, with the weights of the folder that the model came from.

    share: of the GPU's memory, for the engine. longest: tokens of a prompt and its response.
    """
    from accelerate import Accelerator
    from trl.generation.vllm_generation import VLLMGeneration

    inside = VLLMGeneration(
        model, Accelerator(), tokenizer, mode="colocate", gpu_memory_utilization=share, max_model_length=longest
    )
    engine: Engine = EngineInside(inside.llm)
    return VllmSampler(lambda: nullcontext(engine), lambda: nullcontext(model), tokenizer, device)


@torch.no_grad()
def scored_features(
    policy: Any, device: torch.device, prompts: list[list[int]], completions: list[list[int]], temperature: float
) -> Tensor:
    """Φ of responses that were sampled elsewhere, B × d. All ranks call it together, each with its own."""
    sequences = [prompt + tokens for prompt, tokens in zip(prompts, completions, strict=True)]
    passes = _passes([len(sequence) for sequence in sequences])
    # A sharded policy is gathered by all ranks in every pass: one that has done its own repeats the last.
    turns = max(gather_object([len(passes)]))
    phi: Tensor | None = None
    states: list[Tensor] = []
    hook = policy.base_model.register_forward_hook(lambda _m, _a, output: states.append(output.last_hidden_state))
    try:
        with whole_head(policy) as head:
            bias = policy.get_output_embeddings().bias
            for turn in range(turns):
                rows = passes[min(turn, len(passes) - 1)]
                tokens = pad_sequence([torch.tensor(sequences[row]) for row in rows], batch_first=True).to(device)
                lengths = torch.tensor([len(sequences[row]) for row in rows], device=device)
                mask = torch.arange(tokens.shape[1], device=device) < lengths[:, None]
                policy(input_ids=tokens, attention_mask=mask.long(), logits_to_keep=1, use_cache=False)
                hidden = states.pop()
                if turn >= len(passes):
                    continue
                # The state before a token predicts it.
                own = [hidden[place, len(prompts[row]) - 1 : len(sequences[row]) - 1] for place, row in enumerate(rows)]
                asked = [completions[row] for row in rows]
                found = features_from_hidden(pad_sequence(own, batch_first=True), asked, head, bias, temperature)
                phi = found.new_zeros(len(sequences), found.shape[1]) if phi is None else phi
                phi[rows] = found
    finally:
        hook.remove()
    assert phi is not None
    return phi


def _passes(lengths: list[int]) -> list[list[int]]:
    """Rows of each pass, those of similar length together: little padding, and a bounded number of tokens."""
    passes: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        if not passes or (len(passes[-1]) + 1) * lengths[passes[-1][0]] > _TOKENS_PER_PASS:
            passes.append([])
        passes[-1].append(row)
    return passes
