"""Problems with known answers, as the launcher wrote them into the run's folder: training and benchmarks."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from .judging import Asked, Judge, grade
from .readable import Foreseen
from .rounds import Rounds
from .verdicts import AskedProblem, Grade, Row, Verdict

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Problem:
    id: str
    messages: list[dict[str, str]]
    """A chat that ends with the problem."""
    problem: str
    gold: str
    kind: str
    """`math` or `choice`."""
    choices: list[str] | None
    where: str | None = None
    """Its file and row, where the launcher says."""


def training_file(run: Path) -> Path:
    return run / "problems" / "train.jsonl"


def benchmark_file(run: Path, name: str) -> Path:
    return run / "problems" / "benchmarks" / f"{name}.jsonl"


def read_problems(path: Path) -> list[Problem]:
    """Raises InputError naming file and line."""
    hint = "The launcher writes this file: start the experiment again."
    try:
        # Texts hold characters that splitlines would take for ends of lines.
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).", hint) from error
    problems = []
    for number, line in enumerate(lines, start=1):
        try:
            content = well_formed(json.loads(line))
            problems.append(
                Problem(
                    str(content["id"]),
                    [{"role": str(one["role"]), "content": str(one["content"])} for one in content["messages"]],
                    str(content["problem"]),
                    str(content["gold"]),
                    str(content["kind"]),
                    content.get("choices"),
                    content.get("where"),
                )
            )
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{path}, line {number}: is not a problem ({error!r}).", hint) from None
    if not problems:
        raise InputError(f"{path}: contains no problems.", hint)
    return problems


def well_formed(content: Any) -> Any:
    """Half of a surrogate pair, which no tokenizer takes and UTF-8 cannot write, becomes U+FFFD: the embedded engine
    encodes it as that.
    """
    if isinstance(content, dict):
        return {name: well_formed(value) for name, value in content.items()}
    if isinstance(content, list):
        return [well_formed(value) for value in content]
    return _SURROGATE.sub("\ufffd", content) if isinstance(content, str) else content


def chat_text(messages: list[dict[str, str]], tokenizer: Any) -> str:
    """By the chat template of the tokenizer when it has one, else as plain text."""
    if tokenizer.chat_template:
        text: str = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        # Where encoding puts a first token by itself, the template's must not come twice.
        start = tokenizer.bos_token
        doubled = start is not None and tokenizer("")["input_ids"][:1] == [tokenizer.bos_token_id]
        return text.removeprefix(start) if doubled else text
    return "\n\n".join(message["content"] for message in messages) + "\n\n"


class ProblemsTask:
    """Goes through the problems round after round, each round in an order that depends on the seed alone."""

    def __init__(self, run: Path, tokenizer: Any, seed: int, judge: Judge, first_step: int = 1) -> None:
        problems = read_problems(training_file(run))
        rows: list[Row] = [
            {
                "prompt": chat_text(one.messages, tokenizer),
                "prompt_id": one.id,
                "problem": one.problem,
                "gold": one.gold,
                "kind": one.kind,
                "choices": one.choices,
            }
            for one in problems
        ]
        self.foreseen = [Foreseen(one.id, row["prompt"], one.where) for one, row in zip(problems, rows, strict=True)]
        self._rounds = Rounds(rows, seed, "problems", first_step)
        self._judge = judge

    def rows_for_step(self, step: int, count: int) -> list[Row]:
        return self._rounds.items_for_step(step, count)

    def judge(self, rows: Sequence[Row], responses: Sequence[str]) -> list[Verdict]:
        batch = [
            Asked(row["gold"], response, row["kind"], row["prompt"], row.get("choices"))
            for row, response in zip(rows, responses, strict=True)
        ]
        return [Verdict(one.correct, one.answer or "", one.why or one.reason) for one in self._judge.verdicts(batch)]

    def shown_answers(self, rows: Sequence[Row], verdicts: Sequence[Verdict]) -> list[str]:
        answers = [verdict.answer or None for verdict in verdicts]
        shown: dict[int, str] = {}
        numbers = self._judge.classes(answers, rows[0]["kind"])
        return [shown.setdefault(number, answer or "") for number, answer in zip(numbers, answers, strict=True)]


class ProblemsBenchmark:
    def __init__(self, run: Path, name: str, limit: int | None, tokenizer: Any, judge: Judge) -> None:
        # The launcher has taken as many as were asked for, of some benchmarks a random sample.
        problems = read_problems(benchmark_file(run, name))[:limit]
        self._kinds = [one.kind for one in problems]
        self._judge = judge
        self.judge = judge.identity
        self.answer_kind = self._kinds[0]
        self.problems = [
            AskedProblem(one.id, chat_text(one.messages, tokenizer), one.problem, one.gold, one.choices, one.where)
            for one in problems
        ]

    def grade(self, index: int, responses: Sequence[str]) -> list[Grade]:
        asked = self.problems[index]
        return grade(self._judge, asked.gold, responses, self._kinds[index], asked.prompt, asked.choices)
