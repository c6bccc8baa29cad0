"""What goes wrong besides a run's own input: disks, environments, policies. Each ends with a reason and a next step."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from importlib import metadata
from pathlib import Path

import pytest
from g2rl_torch.errors import explain
from g2rl_torch.files import append_lines, atomic_write, log
from g2rl_torch.run.directory import RunDirectory
from g2rl_torch.run.status import Status
from runs import PACKAGE, experiment, lines_of, log_of, make_run, status_of, train


def test_the_last_word_comes_through_on_a_full_disk(tmp_path: Path) -> None:
    directory = make_run(tmp_path, experiment())
    status = Status(RunDirectory(directory))

    def change_on_a_full_disk() -> None:
        # In the place of the file that would replace the old one.
        name = f".status.json.{os.getpid()}.{threading.get_ident()}.tmp"
        (directory / name).symlink_to("/dev/full")

    change_on_a_full_disk()
    status.change(state="running", step=1)
    assert status_of(directory)["step"] == 0
    change_on_a_full_disk()
    status.end("failed", ("No space left.", "Free some."))
    content = json.loads((directory / "status.json").read_text(encoding="utf-8"))
    assert (content["state"], content["error"]["message"]) == ("failed", "No space left.")


def test_a_full_disk_is_told_of_where_no_log_is(tmp_path: Path) -> None:
    directory = make_run(tmp_path, experiment(evaluation={"benchmarks": []}))
    for name in ("log.txt", "groups.jsonl"):
        (directory / name).symlink_to("/dev/full")
    assert train(directory) != 0
    error = status_of(directory)["error"]
    assert "No space left" in error["message"]
    assert error["hint"].startswith("The disk is full")


def install(folder: Path, name: str, source: str, *needs: str) -> None:
    """A package as an installer would leave it: found by `import` and by its metadata."""
    package = folder / name
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(source, encoding="utf-8")
    about = folder / f"{name}-0.24.0.dist-info"
    about.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 0.24.0", *(f"Requires-Dist: {need}" for need in needs)]
    (about / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("packages", "message", "cold"),
    [
        (
            {"vllm": "from . import outputs", "vllm/outputs": "import not_installed"},
            "The package vllm cannot be imported: No module named 'not_installed'",
            True,
        ),
        (
            {"vllm": "import grammars", "grammars": "import ctypes; ctypes.CDLL('libnowhere.so')"},
            "The package grammars cannot be imported: OSError: libnowhere.so: cannot open shared object file: "
            "No such file or directory (vllm needs it)",
            False,
        ),
    ],
    ids=["dependency", "library"],
)
def test_a_broken_package_below_trl_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packages: dict[str, str], message: str, cold: bool
) -> None:
    """TRL imports vLLM wherever it is installed."""
    site = tmp_path / "lib" / "site-packages"
    for name, source in packages.items():
        package, _, module = name.partition("/")
        if module:
            (site / package / f"{module}.py").write_text(source, encoding="utf-8")
        else:
            install(site, package, source)
    monkeypatch.setenv("PYTHONPATH", str(site))
    directory = make_run(tmp_path, experiment())
    assert train(directory, cold=cold) == 1
    status = status_of(directory)
    assert (status["state"], status["error"]["message"]) == ("failed", message)
    hint = status["error"]["hint"]
    assert "Only experiments with torch.vllm" in hint
    assert f"{sys.executable} -m pip uninstall vllm" in hint
    assert "Set Up GPU Engine" in hint


def error_of(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """How what goes wrong while a package `needed` is imported is explained."""
    install(folder / "site-packages", "needed", source)
    monkeypatch.syspath_prepend(str(folder / "site-packages"))
    try:
        __import__("needed")
    except Exception as error:
        return explain(error)
    finally:
        sys.modules.pop("needed", None)
    raise AssertionError("it can be imported")


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("import not_installed", "The package needed cannot be imported: No module named", "Set Up GPU Engine"),
        ("import json; json.gone", "needed cannot be imported: AttributeError: module 'json'", "Set Up GPU Engine"),
        (
            "try:\n  import not_installed\nexcept ImportError:\n  raise ImportError('the parts of it failed')",
            "No module named 'not_installed'",
            "Set Up GPU Engine",
        ),
        ("open('/dev/full', 'w').write('a' * 100000)", "No space left", "disk is full"),
        ("raise MemoryError", "The machine is out of memory", "groupSize"),
    ],
)
def test_errors_of_an_import(
    source: str, message: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = error_of(source, tmp_path, monkeypatch)
    assert message in found[0]
    assert hint in found[1]


def test_what_an_import_has_nothing_to_do_with_is_not_its_fault() -> None:
    def fail() -> None:
        try:
            import not_installed  # noqa: F401
        except ImportError:
            raise ValueError("something else")  # noqa: B904 - as it is often written

    with pytest.raises(ValueError, match="something else") as caught:
        fail()
    assert explain(caught.value)[0] == "This is a fault of G2RL Lab: ValueError: something else"


def test_what_helps_against_little_memory_may_be_set_in_a_run(tmp_path: Path) -> None:
    """As the hint says: in run.json, for a resume. The same is trained, in other passes."""
    content = experiment(optimization={"steps": 2}, checkpoints={"every": 1}, evaluation={"benchmarks": []})
    directory = make_run(tmp_path, content)
    assert train(directory) == 0, log_of(directory)
    before = lines_of(directory / "groups.jsonl")[4:]
    shutil.rmtree(directory / "checkpoints/step-000002")
    manifest = json.loads((directory / "run.json").read_text(encoding="utf-8"))
    manifest["experiment"]["torch"] |= {"rowsPerPass": 2, "gradientCheckpointing": True}
    (directory / "run.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert train(directory) == 0, log_of(directory)
    assert "resuming after step 1" in log_of(directory)
    after = lines_of(directory / "groups.jsonl")[8:]
    assert [group["answers"] for group in after] == [group["answers"] for group in before]


def test_the_setup_hears_what_a_package_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = metadata.version("numpy")
    needs = ["numpy", "numpy==0.1", "not-installed>=2", "only-for-docs; extra == 'docs'", "old; python_version < '3'"]
    install(tmp_path, "vllm", "", *needs)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    command = [sys.executable, str(PACKAGE / "probe.py"), "vllm", "numpy", "absent"]
    first, _torch = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    found = json.loads(first)["unmet"]
    assert found["vllm"] == [f"numpy==0.1 ({here} is installed)", "not-installed"]
    assert found["absent"] == []


def test_the_texts_of_a_step_are_there_before_its_groups_and_both_before_its_metrics(tmp_path: Path) -> None:
    directory = tmp_path / "run"
    # A file that cannot be appended to stops the writing where it stands.
    (directory / "groups.jsonl").mkdir(parents=True)
    (directory / "run.json").touch()
    rollout = {"step": 2, "group": 0}
    with pytest.raises(OSError, match="directory"):
        RunDirectory(directory).write_step({"step": 2}, [{"step": 2, "group": 0}], [rollout])
    assert lines_of(directory / "rollouts" / "step-000002.jsonl") == [rollout]
    assert not (directory / "metrics.jsonl").exists()
    # A folder that was moved away is not made again.
    gone = tmp_path / "gone"
    with pytest.raises(FileNotFoundError):
        RunDirectory(gone).write_step({"step": 2}, [], [rollout])
    assert not gone.exists()
    # What a checkpoint made of it in between is no run.
    (gone / "checkpoints").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="The folder is gone"):
        RunDirectory(gone).write_step({"step": 2}, [], [rollout])


def test_half_of_a_surrogate_pair_is_escaped_in_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of rewards may write one into a note, and a log may be in any encoding."""
    append_lines(tmp_path / "lines.jsonl", [{"note": "\ud83d é"}])
    assert json.loads((tmp_path / "lines.jsonl").read_text(encoding="utf-8")) == {"note": "\ud83d é"}
    atomic_write(tmp_path / "whole.json", json.dumps({"note": "\ud83d é"}, ensure_ascii=False))
    assert json.loads((tmp_path / "whole.json").read_text(encoding="utf-8")) == {"note": "\ud83d é"}
    with (tmp_path / "log.txt").open("w", encoding="ascii") as file:
        monkeypatch.setattr(sys, "stdout", file)
        log("\ud83d é")
    assert (tmp_path / "log.txt").read_text(encoding="ascii").endswith(" \\ud83d \\xe9\n")


def test_a_value_that_is_not_finite_is_null_and_the_rest_of_its_line_counts(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    directory.append_metrics({"step": 1, "kl": float("nan"), "loss": 1.5, "é": [float("inf"), {"x": -float("inf")}]})
    directory.append_metrics({"step": 2, "kl": 0.25})
    # Without spaces, as the embedded engine writes: readers look for `"step":2`.
    expected = '{"step":1,"kl":null,"loss":1.5,"é":[null,{"x":null}]}\n{"step":2,"kl":0.25}\n'
    assert (tmp_path / "metrics.jsonl").read_text(encoding="utf-8") == expected
