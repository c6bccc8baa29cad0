"""Other programs that get the metrics of a run: TensorBoard, Weights & Biases, Trackio, MLflow."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..experiment.schema import ReportTarget

_PROJECT = "g2rl-lab"


def reporting_options(targets: tuple[ReportTarget, ...], run: Path) -> dict[str, Any]:
    """Options of TRL's configuration. run: the run's folder, which gets what the programs write on this machine, and
    whose name is the run's name there. What a person has set in the environment stays. Raises InputError.
    """
    for target in targets:
        if find_spec(target) is None:
            raise InputError(
                f"report: the package {target} is not installed in {sys.prefix}.",
                f"Install it: {sys.executable} -m pip install {target}; or remove it from report in the run's "
                "run.json. Then resume the run.",
            )
    folders = {
        "tensorboard": {"TENSORBOARD_LOGGING_DIR": str(run / "tensorboard")},
        # A resumed run continues its curves.
        "wandb": {"WANDB_DIR": str(run), "WANDB_PROJECT": _PROJECT, "WANDB_RUN_ID": run.name, "WANDB_RESUME": "allow"},
        "mlflow": {"MLFLOW_TRACKING_URI": (run / "mlruns").as_uri(), "MLFLOW_EXPERIMENT_NAME": _PROJECT},
    }
    for target in targets:
        for name, value in folders.get(target, {}).items():
            os.environ.setdefault(name, value)
    return {"report_to": list(targets) or "none", "run_name": run.name, "project": _PROJECT}
