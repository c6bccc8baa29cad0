"""The trainer on a tiny policy: λ = 0 is TRL's own GRPO, features are right, shaping reaches the advantages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from g2rl_torch.method.advantages import advantages
from g2rl_torch.method.pass_at_k import pass_at_k_advantages
from g2rl_torch.method.settings import ShapingSettings
from g2rl_torch.method.shaping import shape_group
from g2rl_torch.models.capture import SamplingCapture, features_from_hidden
from g2rl_torch.models.head import whole_head
from g2rl_torch.trl.rollouts import Generation, Response, same_for_same
from g2rl_torch.trl.trainer import G2RLTrainer
from policies import COUNTDOWN, gradient_features, write_policy
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

PROMPTS = ["3,7,12=27:", "2,2=1:", "19,4,8=60:", "20,20,1=99:"]


def parity(completions: list[str], **_: object) -> list[float]:
    return [1.0 if sum(map(str.isdigit, text)) % 2 == 0 else -1.0 for text in completions]


def config(output: Path, **changes: Any) -> GRPOConfig:  # noqa: ANN401
    values: dict[str, Any] = {
        "output_dir": str(output),
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "per_device_train_batch_size": 8,
        "num_generations": 4,
        "max_completion_length": 10,
        "temperature": 0.8,
        "top_k": 0,
        "beta": 0.01,
        "loss_type": "grpo",
        "use_bias_correction_kl": False,
        "learning_rate": 1e-3,
        "max_steps": 3,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
        "seed": 3,
    }
    return GRPOConfig(**{**values, **changes})


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_policy(tmp_path_factory.mktemp("policy"))


def train(policy: Path, output: Path, kind: str, settings: ShapingSettings, **changes: Any) -> Any:  # noqa: ANN401
    keywords: dict[str, Any] = {
        "args": config(output, **changes),
        "train_dataset": Dataset.from_dict({"prompt": PROMPTS}),
        "processing_class": AutoTokenizer.from_pretrained(policy, padding_side="left"),
    }
    seen: list[Generation] = []
    if kind == "plain":
        trainer = GRPOTrainer(model=str(policy), reward_funcs=[parity], **keywords)
    else:
        trainer = G2RLTrainer(str(policy), [parity], settings=settings, on_generation=seen.append, **keywords)
    trainer.train()
    return trainer, seen


def weights_of(trainer: Any) -> list[torch.Tensor]:  # noqa: ANN401
    return [parameter.detach().clone() for parameter in trainer.model.parameters()]


@pytest.mark.parametrize("changes", [{}, {"steps_per_generation": 2, "num_iterations": 2}], ids=["one", "several"])
def test_lambda_zero_is_plain_grpo_bit_for_bit(policy: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    plain, _ = train(policy, tmp_path / "a", "plain", ShapingSettings(), **changes)
    ours, seen = train(policy, tmp_path / "b", "g2rl", ShapingSettings(lambda_=0), **changes)
    assert seen
    for expected, found in zip(weights_of(plain), weights_of(ours), strict=True):
        assert torch.equal(expected, found)
    skipped = {"step_time", "train_runtime", "train_samples_per_second", "train_steps_per_second"}
    for expected, found in zip(plain.state.log_history, ours.state.log_history, strict=True):
        assert {k: v for k, v in expected.items() if k not in skipped} == {
            k: v for k, v in found.items() if k in expected and k not in skipped
        }
    # The comparison says little unless the policy moved, and unless shaping would have moved it elsewhere.
    start = AutoModelForCausalLM.from_pretrained(policy)
    assert any(not torch.equal(a, b) for a, b in zip(start.parameters(), weights_of(ours), strict=True))
    shaped, _ = train(policy, tmp_path / "c", "g2rl", ShapingSettings(), **changes)
    assert any(not torch.equal(a, b) for a, b in zip(weights_of(shaped), weights_of(ours), strict=True))


@pytest.mark.parametrize("tokens_at_once", [1, 4, 100])
def test_features_while_sampling_are_gradients(
    policy: Path, tokens_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left-padded prompts of several lengths, responses of several lengths, some with their end token."""
    torch.manual_seed(1)
    temperature = 0.9
    model = AutoModelForCausalLM.from_pretrained(policy).eval()
    tokenizer = AutoTokenizer.from_pretrained(policy, padding_side="left")
    batch = tokenizer(PROMPTS * 4, return_tensors="pt", padding=True)
    values = tokens_at_once * len(batch["input_ids"]) * model.config.vocab_size
    monkeypatch.setattr("g2rl_torch.models.capture._VALUES_AT_ONCE", values)
    capture = SamplingCapture(model, temperature, [tokenizer.eos_token_id])
    inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
    with capture.watching():
        output = model.generate(**inputs, do_sample=True, temperature=temperature, top_k=0, max_new_tokens=14)
    width = batch["input_ids"].shape[1]
    completions = []
    for row in output[:, width:].tolist():
        end = row.index(tokenizer.eos_token_id) + 1 if tokenizer.eos_token_id in row else len(row)
        completions.append(row[:end])
    assert len({len(tokens) for tokens in completions}) > 3
    with whole_head(model) as head:
        found = capture.features(completions, head)
        hidden = model.base_model(
            input_ids=output, attention_mask=torch.cat([batch["attention_mask"], torch.ones_like(output[:, width:])], 1)
        ).last_hidden_state[:, width - 1 : -1]
        scored = features_from_hidden(hidden, completions, head, None, temperature)
    for row, completion in enumerate(completions):
        prompt = tokenizer(PROMPTS[row % len(PROMPTS)])["input_ids"]
        expected = gradient_features(model, prompt, completion, temperature)
        torch.testing.assert_close(found[row], expected, atol=1e-6, rtol=1e-4)
        torch.testing.assert_close(scored[row], expected, atol=1e-6, rtol=1e-4)


def test_shaped_rewards_reach_the_advantages(policy: Path, tmp_path: Path) -> None:
    trainer, seen = train(policy, tmp_path, "g2rl", ShapingSettings(), max_steps=1)
    (generation,) = seen
    assert any(bool((group.scalers != 1).any()) for group in generation.groups)
    expected = torch.cat([advantages(group.shaped, 4, "group") for group in generation.groups])
    found = torch.tensor(list(trainer._logs["advantages"]), dtype=torch.float64)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert len(generation.responses) == 8
    assert [response.row["prompt"] for response in generation.responses[:4]] == [
        generation.responses[0].row["prompt"]
    ] * 4


def test_the_advantages_of_pass_at_k_are_those_that_are_used(
    policy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[torch.Tensor] = []
    losses = G2RLTrainer._compute_loss

    def watch(trainer: G2RLTrainer, model: Any, inputs: dict[str, Any]) -> torch.Tensor:  # noqa: ANN401
        used.append(inputs["advantages"].clone())
        loss: torch.Tensor = losses(trainer, model, inputs)
        return loss

    monkeypatch.setattr(G2RLTrainer, "_compute_loss", watch)
    settings = ShapingSettings(method="pass-at-k", k=2)
    changes = {"max_steps": 2, "steps_per_generation": 2, "shuffle_dataset": False}
    trainer, (generation,) = train(policy, tmp_path, "g2rl", settings, **changes)
    rewards = torch.cat(generation.rewards)
    assert torch.equal(torch.cat([group.shaped for group in generation.groups]), rewards)
    expected = pass_at_k_advantages(rewards, 4, 2)
    assert torch.equal(generation.advantages, expected)
    assert bool(expected.any())
    assert list(trainer._logs["advantages"]) == expected.tolist()
    # TRL shuffles the responses of a batch before it slices it into updates.
    assert torch.equal(torch.cat(used).sort().values, expected.float().sort().values)


def test_lambda_follows_the_updates(policy: Path, tmp_path: Path) -> None:
    keywords: dict[str, Any] = {
        "args": config(tmp_path, max_steps=2),
        "train_dataset": Dataset.from_dict({"prompt": PROMPTS}),
        "processing_class": AutoTokenizer.from_pretrained(policy, padding_side="left"),
    }
    seen: list[Generation] = []
    G2RLTrainer(
        str(policy),
        [parity],
        settings=ShapingSettings(lambda_=1),
        strength=lambda update: 0.25 * update,
        on_generation=seen.append,
        **keywords,
    ).train()
    first, second = ([group.scalers.max().item() for group in one.groups] for one in seen)
    assert set(first) == {1.0}
    assert max(second) == pytest.approx(1.25)


def test_the_shipped_policy_is_read(tmp_path: Path) -> None:
    _, seen = train(COUNTDOWN, tmp_path, "g2rl", ShapingSettings(), max_steps=1)
    assert not any(group.invalid for group in seen[0].groups)


def test_copies_with_rounding_are_not_shaped() -> None:
    """Rounding makes copies differ by a little; alone in their group they must not become better and worse ones."""
    torch.manual_seed(0)
    phi = torch.randn(1, 64).repeat(4, 1) * (1 + 1e-3 * torch.randn(4, 64))
    copies = [Response({}, "3+7+12", 7, True, None) for _ in range(4)]
    rewards = torch.ones(4)
    settings = ShapingSettings(uniform_groups="all")
    assert not torch.equal(shape_group(phi, rewards, settings).scalers, torch.ones(4, dtype=torch.float64))
    found = shape_group(same_for_same(phi, copies), rewards, settings)
    assert torch.equal(found.scalers, torch.ones(4, dtype=torch.float64))
    # Others keep their own.
    mixed = [*copies[:3], Response({}, "3+7+12", 8, False, None)]
    assert torch.equal(same_for_same(phi, mixed), torch.stack([phi[0], phi[0], phi[0], phi[3]]))
