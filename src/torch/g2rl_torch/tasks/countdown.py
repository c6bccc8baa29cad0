"""Countdown: prompts, verifier and benchmarks, the same as in the embedded engine, problem for problem.

Given two to four numbers and a target, write an expression with + − * / and parentheses that uses every given number
exactly once and equals the target.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import InputError
from ..experiment.schema import TaskSettings
from .counter_random import CounterRandom, stream_of
from .expression import (
    Expression,
    Rational,
    SyntaxProblem,
    apply,
    canonical_form,
    evaluate,
    leaves,
    parse_expression,
)
from .readable import Foreseen
from .rounds import Rounds
from .verdicts import AskedProblem, Grade, Row, Verdict, number_classes

BENCHMARKS = {"countdown-test": "test", "countdown-validation": "validation"}
"""Benchmark → split."""
BENCHMARK_SIZE = 1000
_MAX_ATTEMPTS = 100_000
_MAX_REDRAWS = 20


@dataclass(frozen=True)
class Prompt:
    id: str
    """Names the problem, not its wording: the same for every order of the numbers."""
    text: str
    """What the policy reads: `3,7,12=27:`."""
    numbers: tuple[int, ...]
    target: int
    where: str | None = None
    """Its file and line, for messages."""


@dataclass(frozen=True)
class CountdownSettings:
    number_counts: tuple[int, ...] = (3, 4)
    max_number: int = 20
    max_target: int = 100


def prompt_id(numbers: list[int] | tuple[int, ...], target: int) -> str:
    return f"{'-'.join(map(str, sorted(numbers)))}-to-{target}"


def countdown_prompt(numbers: list[int] | tuple[int, ...], target: int) -> Prompt:
    return Prompt(prompt_id(numbers, target), f"{','.join(map(str, numbers))}={target}:", tuple(numbers), target)


def split_of(numbers: list[int], target: int) -> str:
    """Decided by the problem alone, so that no seed and no setting can bring a test problem into training."""
    return {0: "test", 1: "validation"}.get(stream_of(prompt_id(numbers, target)) % 20, "train")


def _random_value(numbers: list[int], random: CounterRandom) -> Rational | None:
    """The value of a random expression over all the numbers; None where it divides by zero."""
    pool: list[Rational] = [(number, 1) for number in numbers]
    while len(pool) > 1:
        left = pool.pop(random.below(len(pool)))
        right = pool.pop(random.below(len(pool)))
        value = apply(random.pick("+-*/"), left, right)
        if value is None:
            return None
        pool.append(value)
    return pool[0]


def draw_prompt(settings: CountdownSettings, split: str, random: CounterRandom) -> Prompt:
    """The next problem of a split, made backwards from a random expression so that it can be solved."""
    for _ in range(_MAX_ATTEMPTS):
        count = random.pick(settings.number_counts)
        numbers = [1 + random.below(settings.max_number) for _ in range(count)]
        value = _random_value(numbers, random)
        if value is None or value[1] != 1 or not 1 <= value[0] <= settings.max_target:
            continue
        random.shuffle(numbers)
        if split_of(numbers, value[0]) == split:
            return countdown_prompt(numbers, value[0])
    raise InputError(f"task: {settings} leaves no {split} problems.", "Raise task.maxNumber or task.maxTarget.")


def benchmark_prompts(name: str, limit: int) -> list[Prompt]:
    """The first `limit` problems of a benchmark, or all of them when it has fewer."""
    if name not in BENCHMARKS:
        raise InputError(
            f"evaluation.benchmarks: {name!r} cannot be scored by this engine; known: {', '.join(BENCHMARKS)}.",
            "Use one of these, or evaluate the checkpoint with the embedded engine.",
        )
    random = CounterRandom(0, stream_of(name))
    problems: dict[str, Prompt] = {}
    while len(problems) < min(limit, BENCHMARK_SIZE):
        prompt = draw_prompt(CountdownSettings(), BENCHMARKS[name], random)
        problems.setdefault(prompt.id, prompt)
    return list(problems.values())


def _numbers_problem(given: tuple[int, ...], used: list[int]) -> str | None:
    for number in used:
        allowed = given.count(number)
        if allowed == 0:
            return f"{number} is not one of the numbers"
        if used.count(number) > allowed:
            return f"uses {number} {used.count(number)} times, it is given {allowed} times"
    for number in given:
        if used.count(number) < given.count(number):
            return f"does not use {number} as often as it is given"
    return None


def verify(prompt: Prompt, response: str) -> Verdict:
    """Checks the text after the prompt by parsing it and computing with exact fractions. Any text is allowed.

    The answer is the canonical form of the expression, correct or not; '' when there is none or it divides by zero.
    """
    try:
        expression: Expression = parse_expression(response)
    except SyntaxProblem as problem:
        return Verdict(False, "", f"not an expression: {problem}")
    value = evaluate(expression)
    # Without a value there is no answer; and a/(b/0) would share its canonical form with a*0/b, which has one.
    answer = "" if value == "undefined" else canonical_form(expression)
    wrong = _numbers_problem(prompt.numbers, leaves(expression))
    if wrong is None and isinstance(value, str):
        wrong = "divides by zero" if value == "undefined" else "is too large to compute exactly"
    if wrong is None and value != (prompt.target, 1):
        shown = f"{value[0]}" if value[1] == 1 else f"{value[0]}/{value[1]}"
        wrong = f"equals {shown}, not {prompt.target}"
    return Verdict(False, answer, wrong) if wrong is not None else Verdict(True, answer, "correct")


class CountdownTask:
    """Training prompts as a function of the step alone, so that a resumed run needs no cursor."""

    def __init__(self, task: TaskSettings, seed: int, first_step: int = 1) -> None:
        self._seed = seed
        self._settings = CountdownSettings(task.number_counts, task.max_number, task.max_target)
        listed = _prompts_of_file(Path(task.file)) if task.file else None
        longest = [self._settings.max_number] * max(self._settings.number_counts)
        characters, largest = countdown_prompt([*range(10)], 0), countdown_prompt(longest, self._settings.max_target)
        self.foreseen = [
            Foreseen(one.id if listed else "of Countdown", one.text, one.where)
            for one in listed or [characters, largest]
        ]
        self._listed = None if listed is None else Rounds(listed, seed, "prompt file", first_step)

    def prompts_for_step(self, step: int, count: int) -> list[Prompt]:
        """The prompts of step `step` (1-based)."""
        if self._listed is not None:
            return self._listed.items_for_step(step, count)
        random = CounterRandom(self._seed, stream_of("training prompts", step))
        prompts: dict[int, Prompt] = {}
        seen: set[str] = set()
        while len(prompts) < count:
            prompt = draw_prompt(self._settings, "train", random)
            for _ in range(_MAX_REDRAWS):
                if prompt.id not in seen:
                    break
                prompt = draw_prompt(self._settings, "train", random)
            seen.add(prompt.id)
            prompts[len(prompts)] = prompt
        return list(prompts.values())

    def rows_for_step(self, step: int, count: int) -> list[Row]:
        return [
            {"prompt": one.text, "prompt_id": one.id, "numbers": list(one.numbers), "target": one.target}
            for one in self.prompts_for_step(step, count)
        ]

    def judge(self, rows: Sequence[Row], responses: Sequence[str]) -> list[Verdict]:
        prompts = [Prompt(row["prompt_id"], row["prompt"], tuple(row["numbers"]), row["target"]) for row in rows]
        return [verify(prompt, response) for prompt, response in zip(prompts, responses, strict=True)]

    def shown_answers(self, _rows: Sequence[Row], verdicts: Sequence[Verdict]) -> list[str]:
        # Canonical forms are equal when the answers are.
        return [verdict.answer for verdict in verdicts]


class CountdownBenchmark:
    judge = None
    answer_kind = None

    def __init__(self, name: str, limit: int | None) -> None:
        self._prompts = benchmark_prompts(name, limit or BENCHMARK_SIZE)
        self.problems = [AskedProblem(one.id, one.text, one.text, str(one.target)) for one in self._prompts]

    def grade(self, index: int, responses: Sequence[str]) -> list[Grade]:
        verdicts = [verify(self._prompts[index], response) for response in responses]
        answers = [verdict.answer or None for verdict in verdicts]
        return [
            Grade(answer, number, verdict.correct, verdict.reason)
            for answer, number, verdict in zip(answers, number_classes(answers), verdicts, strict=True)
        ]


def _prompts_of_file(path: Path) -> list[Prompt]:
    hint = "Correct the task file, or set task.file to another one, and start again."
    prompts = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).", hint) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
            numbers, target = content["numbers"], content["target"]
            if set(content) != {"numbers", "target"} or not 2 <= len(numbers) <= 4:
                raise ValueError
            if not all(type(n) is int and 1 <= n <= 999 for n in numbers) or type(target) is not int:
                raise ValueError
            if not 1 <= target <= 9999:
                raise ValueError
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f'{path}, line {number}: a prompt has 2 to 4 "numbers" from 1 to 999 and a "target" from 1 to 9999, '
                'such as {"numbers":[3,7,12],"target":27}.',
                hint,
            ) from None
        prompts.append(replace(countdown_prompt(numbers, target), where=f"{path}, line {number}"))
    if not prompts:
        raise InputError(f"{path}: contains no prompts.", hint)
    return prompts
