"""`g2rl_torch` that writes down, on each rank, the advantages and the rewards of the responses that it trains on."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

from g2rl_torch.trl.trainer import G2RLTrainer

scored = G2RLTrainer._generate_and_score_completions


def written_down(trainer: G2RLTrainer, inputs: list[dict[str, Any]]) -> dict[str, Any]:
    batch = scored(trainer, inputs)
    line = {
        "advantages": batch["advantages"].tolist(),
        "rewards": [verdict.reward for verdict in trainer._verdicts],
    }
    with (Path(sys.argv[2]) / f"rank-{trainer.accelerator.process_index}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return batch


G2RLTrainer._generate_and_score_completions = written_down
sys.argv[0] = "g2rl_torch"
runpy.run_module("g2rl_torch", run_name="__main__")
