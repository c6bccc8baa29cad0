"""Steps of the torch engine on given responses, for test/integration/engines.test.ts to compare.

    python engine_steps.py <cases.json> <output folder>

`cases.json` is a list of `{"name", "experiment", "policy", "source", "prompts", "completions", "rewards"}`: an
experiment whose policy is the frozen reference, the folder of the policy that is trained, prompts, and group after
group each response's token ids and reward. `source` says which pass the features are taken from: `sampling` (TRL
samples and is handed the given tokens as what it drew) or `scoring` (TRL is handed whole responses and scores them).

Writes `<name>.json`: features, exploration, scalers, shaped rewards and advantages, a value a response, and metrics of
the updates; and `<name>.safetensors`: `<update>/<parameter>`, the gradients that AdamW is given, before clipping.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import conftest  # noqa: F401 - finds the package
import torch
from datasets import Dataset
from g2rl_torch.experiment.parse import parse
from g2rl_torch.experiment.schema import Experiment
from g2rl_torch.method.shaping import ShapedGroup
from g2rl_torch.trl.configuration import configuration, learning_rate_factor, shaping_settings
from g2rl_torch.trl.rollouts import Generation
from g2rl_torch.trl.trainer import G2RLTrainer
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoTokenizer, TrainerCallback


class RecordingTrainer(G2RLTrainer):
    """Keeps the features that shaping is given."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:  # noqa: ANN401
        self.phi: list[Tensor] = []
        super().__init__(*arguments, **keywords)

    def _shape(self, phi: Tensor, *others: Any) -> ShapedGroup:  # noqa: ANN401
        self.phi.append(phi.detach().clone())
        return super()._shape(phi, *others)


class GradientRecorder(TrainerCallback):  # type: ignore[misc]
    """Keeps the gradients of all parameters as they are before each update."""

    def __init__(self) -> None:
        self.gradients: list[dict[str, Tensor]] = []

    def on_pre_optimizer_step(self, _args: object, _state: object, _control: object, **keywords: Any) -> None:  # noqa: ANN401
        named = keywords["model"].named_parameters()
        self.gradients.append({name: value.grad.detach().clone() for name, value in named})


@contextmanager
def drawing(completions: list[list[int]], padding: int) -> Iterator[None]:
    """While transformers samples, the given tokens are what it draws, one position of all rows at a time."""
    columns = itertools.zip_longest(*completions, fillvalue=padding)

    def draw(probabilities: Tensor, num_samples: int) -> Tensor:
        assert num_samples == 1
        return torch.tensor(next(columns), device=probabilities.device)[:, None]

    with patch("torch.multinomial", draw):
        yield
    assert next(columns, None) is None, "sampling ended before the responses did"


def step(case: dict[str, Any], output: Path) -> None:
    experiment = parse(Experiment, case["experiment"])
    completions: list[list[int]] = case["completions"]
    tokenizer = AutoTokenizer.from_pretrained(experiment.policy, padding_side="left")
    recorder = GradientRecorder()
    seen: list[Generation] = []

    def given_reward(completion_ids: list[list[int]], **_: object) -> list[float]:
        assert completion_ids == completions, "other responses were trained on than the given ones"
        return [float(reward) for reward in case["rewards"]]

    def given_rollout(prompts: list[str], _trainer: object) -> dict[str, Any]:
        prompt_ids = [tokenizer(prompt)["input_ids"] for prompt in prompts]
        return {"prompt_ids": prompt_ids, "completion_ids": completions, "logprobs": None}

    samples = case["source"] == "sampling"
    trainer = RecordingTrainer(
        experiment.policy,
        [given_reward],
        configuration(experiment, output / case["name"], 1),
        settings=shaping_settings(experiment.method),
        on_generation=seen.append,
        rate_factor=lambda _: learning_rate_factor(1, experiment.optimization),
        train_dataset=Dataset.from_dict({"prompt": case["prompts"]}),
        processing_class=tokenizer,
        callbacks=[recorder],
    )
    if not samples:
        # Which the trainer refuses of people: it stands for vLLM here, whose features come from the scoring pass.
        trainer.rollout_func = given_rollout
    # As after some training: the policy has moved away from the reference it started as.
    weights = load_file(Path(case["policy"]) / "model.safetensors")
    missing, unexpected = trainer.model.load_state_dict(weights, strict=False)
    assert not unexpected
    assert set(missing) <= {"lm_head.weight"}
    with drawing(completions, tokenizer.pad_token_id) if samples else nullcontext():
        trainer.train()

    (generation,) = seen
    result = {
        "features": torch.cat(trainer.phi).tolist(),
        "exploration": torch.cat([group.exploration for group in generation.groups]).tolist(),
        "scalers": torch.cat([group.scalers for group in generation.groups]).tolist(),
        "shaped": torch.cat([group.shaped for group in generation.groups]).tolist(),
        "advantages": list(trainer._logs["advantages"]),
        "updates": [entry for entry in trainer.state.log_history if "grad_norm" in entry],
    }
    (output / f"{case['name']}.json").write_text(json.dumps(result), encoding="utf-8")
    gradients = {
        f"{update}/{name}": gradient
        for update, named in enumerate(recorder.gradients)
        for name, gradient in named.items()
    }
    save_file(gradients, output / f"{case['name']}.safetensors")


def main(cases: list[dict[str, Any]], output: Path) -> None:
    torch.set_num_threads(1)
    for case in cases:
        step(case, output)


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
