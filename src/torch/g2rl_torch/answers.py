"""Verdicts on answers by math-verify: what Python's side judges published problems with.

The embedded engine has a verifier of its own. ``test/vectors/answers.json`` holds both to the same verdicts and marks
where math-verify's are known to be others.
"""

from __future__ import annotations

from typing import Literal

from math_verify import (
    ExprExtractionConfig,
    LatexExtractionConfig,
    StringExtractionConfig,
    parse,
    verify,
)

Kind = Literal["math", "choice", "text"]


def _bare(text: str) -> str:
    """math-verify reads LaTeX between dollars only."""
    return text if "$" in text or "boxed" in text else f"${text}$"


def judge(gold: str, prediction: str, kind: Kind = "math") -> bool:
    """Whether a response, or a bare answer, gives the gold answer.

    ``text`` is for responses and answers in words: nothing of them is taken for a formula that is not marked as one.
    math-verify stops itself after some seconds, which needs the main thread of a process.
    """
    configuration = [LatexExtractionConfig(), ExprExtractionConfig()]
    if kind == "choice":
        configuration.append(StringExtractionConfig())
    if kind == "text":
        golds, predictions = gold, prediction
    else:
        golds, predictions = f"${gold}$", _bare(prediction)
    return bool(verify(parse(golds, configuration), parse(predictions, configuration)))
