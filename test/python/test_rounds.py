"""Lists that are gone through in rounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from g2rl_torch.experiment.schema import TaskSettings
from g2rl_torch.tasks.countdown import CountdownTask
from g2rl_torch.tasks.counter_random import CounterRandom, stream_of


def test_a_file_of_prompts_is_shuffled_once_a_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "prompts.jsonl"
    file.write_text("".join(json.dumps({"numbers": [n, n + 1], "target": 9}) + "\n" for n in range(1, 9)))
    shuffle = CounterRandom.shuffle
    shuffled: list[int] = []

    def counted(self: CounterRandom, items: list[Any]) -> list[Any]:
        shuffled.append(len(items))
        return shuffle(self, items)

    monkeypatch.setattr(CounterRandom, "shuffle", counted)
    task = CountdownTask(TaskSettings("countdown", file=str(file)), seed=5)
    # With six a step these are places 0 to 23: rounds 0, 1 and 2.
    found = [prompt.numbers[0] for step in (1, 2, 3, 4) for prompt in task.prompts_for_step(step, 6)]
    assert shuffled == [8, 8, 8]
    orders = [shuffle(CounterRandom(5, stream_of("prompt file", turn)), [n + 1 for n in range(8)]) for turn in range(3)]
    assert found == [number for order in orders for number in order]
    # A resumed run asks for a later step first.
    again = CountdownTask(TaskSettings("countdown", file=str(file)), seed=5)
    assert [prompt.numbers[0] for prompt in again.prompts_for_step(4, 6)] == found[18:]
    # A run that began in the older order, which left out the first batch, keeps it.
    older = CountdownTask(TaskSettings("countdown", file=str(file)), seed=5, first_step=0)
    assert [prompt.numbers[0] for step in (1, 2, 3) for prompt in older.prompts_for_step(step, 6)] == found[6:]
