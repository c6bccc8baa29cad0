"""What TRL uses of vLLM's engine in the training process, on a processor: transformers samples, with weights that only
`load_weights` changes. `VLLM_STAND_IN_FEATURES` names a file that gets the features of every response, as they fall
out of this engine's own passes, their tokens weighted by the direction of the file `VLLM_STAND_IN_DIRECTION`, if any.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from g2rl_torch.models.capture import SamplingCapture
from g2rl_torch.models.head import end_tokens_of, whole_head
from transformers import AutoTokenizer, GenerationConfig, Qwen3Config, Qwen3ForCausalLM


@dataclass
class SamplingParams:
    n: int
    temperature: float
    top_p: float
    top_k: int
    max_tokens: int
    repetition_penalty: float = 1.0
    min_p: float = 0.0
    logprobs: int | None = None
    seed: int | None = None


@dataclass
class Logprob:
    logprob: float
    rank: int


class RequestOutput(SimpleNamespace):
    """`prompt_token_ids` and `outputs`, each with `index`, `token_ids` and `logprobs`."""


class LLM:
    def __init__(self, model: str, *, max_model_len: int, seed: int, **_: object) -> None:
        # Not from_pretrained: where DeepSpeed is at work that would shard this engine's weights as well.
        self._policy = Qwen3ForCausalLM(Qwen3Config.from_pretrained(model)).eval()
        self._tokenizer = AutoTokenizer.from_pretrained(model)
        self._longest = max_model_len
        self._random = torch.Generator().manual_seed(seed)
        loader = SimpleNamespace(load_weights=self._load_weights)
        worker = SimpleNamespace(model_runner=SimpleNamespace(model=loader))
        self.llm_engine = SimpleNamespace(
            model_config=SimpleNamespace(max_model_len=max_model_len),
            model_executor=SimpleNamespace(driver_worker=worker),
        )

    def _load_weights(self, weights: list[tuple[str, torch.Tensor]]) -> None:
        own = dict(self._policy.named_parameters())
        with torch.no_grad():
            for name, value in weights:
                if name in own:
                    own[name].copy_(value)

    def reset_prefix_cache(self) -> None:
        pass

    @torch.no_grad()
    def generate(
        self,
        prompts: list[dict[str, Any]],
        sampling_params: SamplingParams | list[SamplingParams],
        use_tqdm: bool,
    ) -> list[RequestOutput]:
        del use_tqdm
        every = sampling_params if isinstance(sampling_params, list) else [sampling_params] * len(prompts)
        outputs = []
        features: list[torch.Tensor] = []
        for one, parameters in zip(prompts, every, strict=True):
            assert len(one["prompt_token_ids"]) + parameters.max_tokens <= self._longest
            answers = []
            for index in range(parameters.n):
                answer, phi = self._answer(one["prompt_token_ids"], parameters, index)
                answers.append(answer)
                features.append(phi)
            # As those of an engine come: not in order.
            outputs.append(RequestOutput(prompt_token_ids=one["prompt_token_ids"], outputs=answers[::-1]))
        file = os.environ.get("VLLM_STAND_IN_FEATURES")
        if file:
            path = Path(f"{file}-{os.environ['RANK']}.pt")
            before = torch.load(path) if path.exists() else []
            torch.save([*before, torch.stack(features)], path)
        return outputs

    def _answer(
        self, prompt: list[int], parameters: SamplingParams, index: int
    ) -> tuple[SimpleNamespace, torch.Tensor]:
        ends = end_tokens_of(self._policy, self._tokenizer)
        file = os.environ.get("VLLM_STAND_IN_DIRECTION")
        direction = torch.tensor(json.loads(Path(file).read_text(encoding="utf-8"))) if file else None
        capture = SamplingCapture(self._policy, parameters.temperature, ends, direction)
        config = GenerationConfig(
            do_sample=True,
            temperature=parameters.temperature,
            top_k=0,
            max_new_tokens=parameters.max_tokens,
            eos_token_id=ends,
            pad_token_id=self._tokenizer.pad_token_id,
            return_dict_in_generate=True,
            output_scores=True,
        )
        own = int(torch.randint(2**31, (1,), generator=self._random))
        with torch.random.fork_rng(), capture.watching():
            torch.manual_seed(own if parameters.seed is None else parameters.seed + index)
            # Where the trainer's policy is sharded transformers would wait for other ranks; an engine knows of none.
            output = self._policy.generate(torch.tensor([prompt]), generation_config=config, synced_gpus=False)
        tokens: list[int] = output.sequences[0, len(prompt) :].tolist()
        with whole_head(self._policy) as head:
            phi = capture.features([tokens], head)[0]
        scores = [score[0].log_softmax(dim=-1) for score in output.scores]
        logprobs = [{token: Logprob(float(score[token]), 1)} for token, score in zip(tokens, scores, strict=True)]
        return SimpleNamespace(index=index, token_ids=tokens, logprobs=logprobs), phi
