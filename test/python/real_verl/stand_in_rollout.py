"""Responses for verl's trainer without an inference server: transformers samples them from the weights that the trainer
hands over, in the process of the trainer. A module for VERL_USE_EXTERNAL_MODULES.
"""

# What verl hands around comes without types.
# ruff: noqa: ANN401

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
import transfer_queue
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from verl.utils.tensordict_utils import list_of_dict_to_tensordict
from verl.workers.rollout import base
from verl.workers.rollout.llm_server import LLMServerManager

WEIGHTS = Path(os.environ.get("WEIGHTS_OF_ROLLOUT", "weights.safetensors"))
LENGTH = 6


class Rollout(base.BaseRollout):
    """In the place of vLLM's, in the worker: writes the weights it is given to a file."""

    async def resume(self, tags: list[str]) -> None:
        pass

    async def release(self) -> None:
        pass

    async def update_weights(self, weights: Iterable[tuple[str, torch.Tensor]], *_rest: Any, **_more: Any) -> None:
        # Tied weights share their storage, which the format has no word for.
        save_file({name: tensor.float().clone().contiguous() for name, tensor in weights}, WEIGHTS)


base._ROLLOUT_REGISTRY["vllm", "async"] = "stand_in_rollout.Rollout"
LLMServerManager.rollout_replica_class = None
LLMServerManager.create = LLMServerManager.create_empty


class Sampler:
    """In the place of `AgentLoopManagerTQ`: puts sampled responses into the queue, the reward ±1 for what they end
    with."""

    @classmethod
    def create(cls, config: Any, **_handles: Any) -> Sampler:
        return cls(config)

    def __init__(self, config: Any) -> None:
        torch.manual_seed(3)
        self._rollout = config.actor_rollout_ref.rollout
        self._model = AutoModelForCausalLM.from_pretrained(config.actor_rollout_ref.model.path)
        self._tokenizer = AutoTokenizer.from_pretrained(config.actor_rollout_ref.model.path)

    def generate_sequences(self, prompts: Any) -> None:
        self._model.load_state_dict(load_file(WEIGHTS), strict=False)
        step = prompts["global_steps"]
        for uid, messages in zip(prompts["uid"], prompts["raw_prompt"], strict=True):
            self._sample(str(uid), list(messages), int(step))
            transfer_queue.kv_batch_put(keys=[str(uid)], partition_id="train", tags=[{"status": "finished"}])

    def _sample(self, uid: str, messages: list[dict[str, str]], step: int) -> None:
        text = self._tokenizer.apply_chat_template(messages, tokenize=False)
        prompt = self._tokenizer(text)["input_ids"]
        keys, fields, tags = [], [], []
        for session in range(self._rollout.n):
            output = self._model.generate(
                torch.tensor([prompt]),
                do_sample=True,
                top_k=0,
                max_new_tokens=LENGTH,
                temperature=self._rollout.temperature,
                return_dict_in_generate=True,
                output_scores=True,
            )
            found = output.sequences
            response = found[0, len(prompt) :]
            scores = self._model.compute_transition_scores(found, output.scores, normalize_logits=True)[0]
            score = torch.zeros(len(response))
            score[-1] = 1 if int(response[-1]) % 2 == 0 else -1
            ones = torch.ones_like(response)
            keys.append(f"{uid}_{session}_0")
            fields.append(
                {
                    "uid": uid,
                    "prompts": torch.tensor(prompt),
                    "responses": response,
                    "input_ids": found[0],
                    "position_ids": torch.arange(found.shape[1]),
                    "response_mask": ones,
                    "loss_mask": ones,
                    "rm_scores": score,
                    "rollout_log_probs": scores,
                    "num_turns": 2,
                }
            )
            lengths = {"prompt_len": len(prompt), "response_len": len(response), "seq_len": found.shape[1]}
            steps = {"global_steps": step, "min_global_steps": step - 1, "max_global_steps": step - 1}
            tags.append({"status": "success", **lengths, **steps})
        transfer_queue.kv_batch_put(
            keys=keys, partition_id="train", fields=list_of_dict_to_tensordict(fields), tags=tags
        )
