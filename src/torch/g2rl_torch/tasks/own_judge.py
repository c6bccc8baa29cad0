"""The judge of the embedded engine, run as it is: its script in a JavaScript engine inside this process."""

from __future__ import annotations

import atexit
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import InputError
from .judging import TOO_LONG, Asked, Judged
from .verdicts import number_classes

_SCRIPT = Path(__file__).with_name("judge.js")
_BATCH_SECONDS = 60.0
_SECONDS = 2.0
"""For one response, ten thousand times what one takes: the judge counts its own steps, this is for what it misses."""
_MOST_BYTES = 2 * 2**30
"""Of memory."""
_OTHER_JUDGE = 'Install the engine\'s packages again, or set task.judge to "math-verify".'


class OwnJudge:
    """Starts when it is first needed. Not for several threads at once."""

    def __init__(self, batch_seconds: float = _BATCH_SECONDS, seconds: float = _SECONDS) -> None:
        self._batch_seconds = batch_seconds
        self._seconds = seconds
        self._engine: Any = None

    @property
    def identity(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._started().eval("g2rlJudge.identity"))
        return found

    def verdicts(self, batch: Sequence[Asked]) -> list[Judged]:
        if not batch:
            return []
        together = self._call("judgements", _text(batch), seconds=self._batch_seconds)
        if together is not None:
            return [_judged(one) for one in together]
        # Something in it takes too long, and is not to take the others with it.
        alone = [self._call("judgements", _text([one]), seconds=self._seconds) for one in batch]
        return [Judged(False, None, TOO_LONG) if one is None else _judged(one[0]) for one in alone]

    def classes(self, answers: Sequence[str | None], kind: str) -> list[int]:
        numbers = self._call("classes", json.dumps(list(answers)), kind, seconds=self._batch_seconds)
        return number_classes(answers) if numbers is None else [int(number) for number in numbers]

    def close(self) -> None:
        atexit.unregister(self.close)
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _call(self, function: str, *arguments: str, seconds: float) -> Any:
        """None when it takes more than so many seconds, or more memory than there is for it."""
        engine = self._started()
        from py_mini_racer import JSOOMException, JSTimeoutException

        try:
            return json.loads(
                engine.call(f"g2rlJudge.{function}", *arguments, timeout_sec=seconds, max_memory=_MOST_BYTES)
            )
        except JSTimeoutException:
            return None
        except JSOOMException:
            self.close()
            return None

    def _started(self) -> Any:
        if self._engine is None:
            try:
                from py_mini_racer import MiniRacer

                engine = MiniRacer()
            except (ImportError, RuntimeError, OSError) as error:
                raise InputError(
                    f"The judge of answers cannot be started: mini-racer: {error}", _OTHER_JUDGE
                ) from error
            try:
                script = _SCRIPT.read_text(encoding="utf-8")
            except OSError as error:
                hint = "Install G2RL Lab again; in a checkout of its source run `npm run build:node`."
                raise InputError(f"{_SCRIPT}: cannot be read ({error.strerror}).", hint) from error
            # Its thread would keep a process from ending.
            atexit.register(self.close)
            engine.eval(script)
            self._engine = engine
        return self._engine


def _text(batch: Sequence[Asked]) -> str:
    # In ASCII: half of a surrogate pair has no bytes in UTF-8.
    return json.dumps([asdict(one) for one in batch])


def _judged(one: dict[str, Any]) -> Judged:
    read = one["read"]
    place = None if read is None else {name: read[name] for name in ("start", "end", "rule")}
    return Judged(one["accepted"], None if read is None else read["text"], one["reason"], place, one["why"])
