"""Runs that the fork server starts are those of a Python that imports everything itself, bit for bit, and so is what a
process finds around it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest
import torch
from policies import write_policy
from runs import experiment, lines_of, log_of, make_run, python, timeless, train
from safetensors.torch import load_file


@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_is_that_of_a_cold_start(tmp_path: Path, processes: int) -> None:
    """The rewards, the shaping, the evaluations and the weights."""
    policy = write_policy(tmp_path / "policy")
    cold, forked = (make_run(tmp_path / name, experiment(policy)) for name in ("cold", "forked"))
    assert train(cold, processes, cold=True) == 0, log_of(cold)
    assert train(forked, processes) == 0, log_of(forked)
    for name in ("metrics.jsonl", "groups.jsonl", "benchmarks.jsonl"):
        expected = timeless(lines_of(cold / name))
        assert expected
        assert timeless(lines_of(forked / name)) == expected, name
    name = "checkpoints/step-000004/model.safetensors"
    expected, found = load_file(cold / name), load_file(forked / name)
    assert expected.keys() == found.keys()
    for key, tensor in expected.items():
        assert torch.equal(tensor, found[key]), key


def test_a_process_is_given_what_a_new_python_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text("import builtins; builtins.customized = True", encoding="utf-8")
    (tmp_path / "tell.py").write_text(
        "import os, sys\n"
        "print(customized, os.environ['TOLD'], os.getcwd(), sys.argv[1:], __name__, 'g2rl_torch' in sys.modules)\n"
        "print('error', file=sys.stderr)\n"
        "print(os.getpgid(0) == os.getpid(), sys.stdin.read() == '')\n"
        "sys.exit(7)\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    stdout, stderr = tmp_path / "out", tmp_path / "err"
    for cold in (True, False):
        process = python(["-m", "tell", "a b", ""], stdout, stderr, cold=cold, TOLD="once")
        assert process.wait(60) == process.poll() == 7
        expected = f"True once {tmp_path} ['a b', ''] __main__ False\nerror\nTrue True\n"
        assert sorted((stdout.read_text() + stderr.read_text()).splitlines()) == sorted(expected.splitlines())
        stdout.unlink()
        stderr.unlink()


def test_a_process_is_killed(tmp_path: Path) -> None:
    (tmp_path / "sleep.py").write_text("import time; time.sleep(100)", encoding="utf-8")
    process = python(["-m", "sleep"], tmp_path / "log", tmp_path / "log", PYTHONPATH=str(tmp_path))
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL


def test_what_imports_have_read_cannot_be_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://localhost:1")
    with pytest.raises(ValueError, match="HF_ENDPOINT"):
        python(["-m", "this"], tmp_path / "log", tmp_path / "log")
