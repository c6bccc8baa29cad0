"""What holds for every group, whichever method shapes it: random groups, seeds fixed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from g2rl_torch.method.dirl import shape_dirl
from g2rl_torch.method.evol_rl import shape_evol_rl
from g2rl_torch.method.pass_at_k import pass_at_k_advantages
from g2rl_torch.method.settings import MemorySign, ShapingSettings, lambda_of_step
from g2rl_torch.method.shaping import ShapedGroup, shape_group
from torch import Tensor

ROUNDS = 60
Rows = Callable[[Tensor, Tensor, Tensor], ShapedGroup]


def shaper(method: str, **changes: object) -> Rows:
    """Shapes rows (features and embeddings alike), alignments and rewards by a method."""
    settings = ShapingSettings(method=method, uniform_groups="all", **changes)  # type: ignore[arg-type]

    def shaped(rows: Tensor, alignment: Tensor, rewards: Tensor) -> ShapedGroup:
        if method == "dirl":
            return shape_dirl(rows, alignment, rewards, settings)
        group = shape_group(rows, rewards, settings)
        return shape_evol_rl(group, rows, rewards) if method == "evol-rl" else group

    return shaped


def groups() -> list[tuple[Tensor, Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(7)

    def normal(*size: int) -> Tensor:
        return torch.randn(*size, generator=generator, dtype=torch.float64)

    sizes = [2 + round_ % 9 for round_ in range(ROUNDS)]
    return [(normal(m, 3), normal(m), normal(m).sign()) for m in sizes]


SHAPERS = [
    shaper("g2rl"),
    shaper("g2rl", shaping="eq12"),
    shaper("evol-rl"),
    shaper("dirl"),
    shaper("dirl", memory_sign="code"),
]


@pytest.mark.parametrize("shaped", SHAPERS)
def test_the_order_of_responses_does_not_matter(shaped: Rows) -> None:
    for rows, alignment, rewards in groups():
        order = torch.randperm(rewards.numel(), generator=torch.Generator().manual_seed(rewards.numel()))
        straight = shaped(rows, alignment, rewards)
        permuted = shaped(rows[order], alignment[order], rewards[order])
        for name in ("exploration", "scalers", "shaped"):
            torch.testing.assert_close(getattr(permuted, name), getattr(straight, name)[order], atol=1e-9, rtol=0)


@pytest.mark.parametrize("shaped", SHAPERS)
def test_the_length_of_a_row_does_not_matter(shaped: Rows) -> None:
    for rows, alignment, rewards in groups():
        factors = torch.linspace(0.5, 40, rewards.numel(), dtype=torch.float64)[:, None]
        straight = shaped(rows, alignment, rewards)
        scaled = shaped(rows * factors, alignment * 3, rewards)
        torch.testing.assert_close(scaled.shaped, straight.shaped, atol=1e-5, rtol=0)


@pytest.mark.parametrize("sign", ["paper", "code"])
def test_dirl_stays_within_its_bounds_and_lambda_0_is_grpo(sign: MemorySign) -> None:
    for rows, alignment, rewards in groups():
        group = shaper("dirl", memory_sign=sign)(rows, alignment, rewards)
        assert bool(((group.scalers >= 0.5) & (group.scalers <= 1.5)).all())
        against = alignment <= 0
        own = (group.scalers - 1) * rewards
        assert bool((own[~against] >= 0).all())
        assert bool((own[against] * (1 if sign == "code" else -1) >= 0).all())
        none = shaper("dirl", memory_sign=sign, lambda_=0, clip=0.1)(rows, alignment, rewards)
        assert torch.equal(none.shaped, rewards)
        assert torch.equal(none.scalers, torch.ones_like(rewards))


def test_evol_rl_ranks_every_correct_response_above_every_wrong_one() -> None:
    for rows, alignment, rewards in groups():
        shaped = shaper("evol-rl")(rows, alignment, rewards).shaped
        correct = rewards > 0
        assert bool(((shaped[correct] >= 0.5) & (shaped[correct] <= 1)).all())
        assert bool(((shaped[~correct] >= -1) & (shaped[~correct] <= -0.5)).all())


def test_pass_at_k() -> None:
    for _, _, rewards in groups():
        m, correct = rewards.numel(), rewards > 0
        for k in range(1, m + 1):
            found = pass_at_k_advantages(rewards, m, k)
            # Sums over responses are sums over sets, whose advantages sum to 0.
            assert found.sum().item() == pytest.approx(0, abs=1e-9)
            assert bool((found[correct] >= 0).all())
            assert bool((found[~correct] <= 0).all())
            assert torch.equal(pass_at_k_advantages(rewards * 0.25, m, k), found)
        deviation = rewards.std(correction=0)
        expected = (rewards - rewards.mean()) / deviation if deviation > 0 else torch.zeros_like(rewards)
        torch.testing.assert_close(pass_at_k_advantages(rewards, m, 1), expected, atol=1e-12, rtol=1e-12)
    with pytest.raises(ValueError, match="from 1 to the group size 2, got 3"):
        pass_at_k_advantages(torch.ones(2), 2, 3)


def test_lambda_of_a_step() -> None:
    assert [lambda_of_step(step, 4, 0.8, "linear", 20) for step in (1, 2, 4)] == pytest.approx([0.6, 0.4, 0])
    assert [lambda_of_step(step, 4, 0.8, "warm-up", 4) for step in (1, 2, 4, 9)] == pytest.approx([0.2, 0.4, 0.8, 0.8])
    assert lambda_of_step(3, 4, 0.8, "constant", 4) == 0.8
