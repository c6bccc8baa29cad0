"""Signals to an evaluation: one Ctrl-C in a terminal is one request to stop."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from g2rl_torch.__main__ import main
from g2rl_torch.evaluation import checkpoint

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = [signal.getsignal(number) for number in SIGNALS]
    yield
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("launched", [True, False])
def test_an_evaluation_is_stopped_by_its_launcher_alone(monkeypatch: pytest.MonkeyPatch, launched: bool) -> None:
    monkeypatch.delenv("G2RL_PARENT", raising=False)
    if launched:
        monkeypatch.setenv("G2RL_PARENT", "1")
    went_on: list[bool] = []

    def interrupted(_request: object, go_on: Callable[[int, int], bool]) -> None:
        for number in (signal.SIGINT, signal.SIGINT, signal.SIGTERM):
            os.kill(os.getpid(), number)
            went_on.append(go_on(0, 1))

    monkeypatch.setattr(checkpoint, "_evaluate", interrupted)
    monkeypatch.setattr(checkpoint, "parse_request", lambda _argument: None)
    assert main(["evaluate", "{}"]) == 130
    # The terminal's own signal reaches it, too; the launcher's says when.
    assert went_on == ([True, True, False] if launched else [False, False, False])
