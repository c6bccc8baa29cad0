"""What the torch engine's Countdown says, for test/integration/torch.test.ts to compare with the embedded engine's.

Reads `{"task": settings, "seed": n, "steps": [n, …], "count": n, "limit": n, "responses": [[prompt index, text], …],
"problems": [[{"correct", "answer"}, …], …], "k": n}` and writes prompts, problems of benchmarks, verdicts and scores.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

import conftest  # noqa: F401 - finds the package
from g2rl_torch.evaluation.scores import ScoredResponse, scores
from g2rl_torch.experiment.parse import parse
from g2rl_torch.experiment.schema import TaskSettings
from g2rl_torch.tasks.countdown import BENCHMARKS, CountdownTask, benchmark_prompts, verify


def main(request: dict[str, Any]) -> dict[str, Any]:
    task = CountdownTask(parse(TaskSettings, request["task"]), request["seed"])
    prompts = [prompt for step in request["steps"] for prompt in task.prompts_for_step(step, request["count"])]
    problems = [[ScoredResponse(**one) for one in problem] for problem in request["problems"]]
    return {
        "prompts": [prompt.text for prompt in prompts],
        "benchmarks": {name: [one.text for one in benchmark_prompts(name, request["limit"])] for name in BENCHMARKS},
        "verdicts": [asdict(verify(prompts[index], text)) for index, text in request["responses"]],
        "scores": scores(problems, request["k"]),
    }


if __name__ == "__main__":
    json.dump(main(json.load(sys.stdin)), sys.stdout)
