"""Features from verl's own FSDP engine: `npm test -- verl`. It needs packages of its own, so the other tests do with
stand-ins for it.
"""

# What verl hands around comes without types.
# ruff: noqa: ANN401

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from policies import gradient_features, write_byte_policy
from transformers import AutoModelForCausalLM

HERE = Path(__file__).parent
TEMPERATURE = 0.7
ROWS = {
    "prompts": [[5, 6, 7], [8, 9], [5, 6, 7, 11, 12], [8, 9], [40, 41], [8]],
    "responses": [[20, 21, 22, 256], [23, 24], [25], [28, 29, 30, 31, 32, 256], [70, 71, 72], [33, 34]],
    # What a tool has written stands between.
    "response_mask": [[1, 1, 1, 1], [1, 1], [1], [1, 1, 0, 0, 1, 1], [0, 0, 1], [0, 0]],
}


@pytest.fixture(scope="module")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_byte_policy(tmp_path_factory.mktemp("policy"), "{{ messages[0].content }}")


def scored(policy: Path, folder: Path, *settings: str, processes: int = 1, **more: Any) -> dict[str, list[Any]]:
    """What verl's workers give for the rows, in their order."""
    torch.save({**ROWS, "more": {"temperature": TEMPERATURE, "calculate_entropy": True, **more}}, folder / "batch.pt")
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    done = subprocess.run(
        [*run, str(HERE / "score_batch.py"), str(policy), str(folder / "batch.pt"), str(folder), *settings],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    ranks = [torch.load(folder / f"{rank}.pt") for rank in range(processes)]
    return {name: [one for rank in ranks for one in rank[name]] for name in ranks[0]}


def expected(policy: Path) -> list[torch.Tensor]:
    """Of the policy's own tokens alone, each after all that stands before it."""
    model = AutoModelForCausalLM.from_pretrained(policy).eval()
    found = []
    for prompt, response, mask in zip(*ROWS.values(), strict=True):
        pieces = [
            gradient_features(model, prompt + response[:place], [token], TEMPERATURE)
            for place, token in enumerate(response)
            if mask[place]
        ]
        found.append(torch.stack(pieces).mean(dim=0) if pieces else torch.zeros(model.config.hidden_size))
    return found


@pytest.mark.parametrize(
    ("settings", "processes"),
    [
        (("actor_rollout_ref.model.use_remove_padding=False",), 1),
        (("actor_rollout_ref.model.use_remove_padding=True",), 1),
        (
            (
                "actor_rollout_ref.actor.use_dynamic_bsz=True",
                "actor_rollout_ref.rollout.log_prob_max_token_len_per_gpu=16",
                "actor_rollout_ref.actor.fsdp_config.pad_to_length=True",
                "actor_rollout_ref.actor.fsdp_config.pad_to_length_bucket=8",
            ),
            1,
        ),
        (("actor_rollout_ref.model.lora_rank=4",), 1),
        (("actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=1",), 2),
        (
            (
                "actor_rollout_ref.actor.strategy=fsdp2",
                "actor_rollout_ref.rollout.log_prob_micro_batch_size_per_gpu=3",
            ),
            2,
        ),
    ],
)
def test_features_are_gradients(policy: Path, tmp_path: Path, settings: tuple[str, ...], processes: int) -> None:
    found = scored(policy, tmp_path, *settings, processes=processes, g2rl_wanted=True)
    for row, phi in enumerate(expected(policy)):
        torch.testing.assert_close(found["g2rl_features"][row], phi, atol=1e-6, rtol=1e-4)


def test_no_features_where_they_are_not_asked_for(policy: Path, tmp_path: Path) -> None:
    assert set(scored(policy, tmp_path)) == {"log_probs", "entropy"}


def test_features_in_half_precision(policy: Path, tmp_path: Path) -> None:
    half = "actor_rollout_ref.actor.fsdp_config.mixed_precision.param_dtype=bf16"
    found = scored(policy, tmp_path, half, g2rl_wanted=True)["g2rl_features"]
    for phi, exact in zip(found, expected(policy), strict=True):
        assert phi.dtype == torch.float32
        assert (phi - exact).norm() <= 0.05 * exact.norm()
