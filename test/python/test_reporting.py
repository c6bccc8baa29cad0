"""Where metrics go besides the run's folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from g2rl_torch.errors import InputError, explain
from g2rl_torch.trl import reporting
from g2rl_torch.trl.configuration import configuration
from g2rl_torch.trl.reporting import reporting_options
from runs import parsed

NAMES = ("TENSORBOARD_LOGGING_DIR", "WANDB_DIR", "WANDB_PROJECT", "WANDB_RUN_ID", "WANDB_RESUME", "MLFLOW_TRACKING_URI")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which every package is installed and nothing is set."""
    for name in (*NAMES, "MLFLOW_EXPERIMENT_NAME"):
        # So that what is set is removed afterwards.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(reporting, "find_spec", lambda name: name)
    return monkeypatch


def test_nothing_is_reported_by_default(installed: pytest.MonkeyPatch, tmp_path: Path) -> None:
    options = reporting_options(parsed().report, tmp_path / "20260101-run")
    assert options["report_to"] == "none"
    assert configuration(parsed(), tmp_path, 1, options).report_to == []
    assert not any(name in os.environ for name in NAMES)


def test_a_run_has_its_name_and_its_folder(installed: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = tmp_path / "20260101-run"
    installed.setenv("WANDB_PROJECT", "mine")
    options = reporting_options(("tensorboard", "wandb", "trackio", "mlflow"), run)
    config = configuration(parsed(), tmp_path, 1, options)
    assert config.report_to == ["tensorboard", "wandb", "trackio", "mlflow"]
    assert config.run_name == "20260101-run"
    assert os.environ["TENSORBOARD_LOGGING_DIR"] == str(run / "tensorboard")
    assert os.environ["WANDB_DIR"] == str(run)
    assert os.environ["WANDB_RUN_ID"] == "20260101-run"
    assert os.environ["WANDB_PROJECT"] == "mine"
    assert os.environ["MLFLOW_TRACKING_URI"] == f"file://{run}/mlruns"


def test_a_missing_package_is_named_with_what_installs_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="report: the package trackio is not installed") as caught:
        reporting_options(("trackio",), tmp_path)
    assert f"{sys.executable} -m pip install trackio" in caught.value.hint


def test_a_missing_key_is_explained() -> None:
    assert "WANDB_API_KEY" in explain(RuntimeError("No API key configured. Use `wandb login` to log in."))[1]
