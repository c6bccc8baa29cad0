"""The package on its own: built as a wheel, installed without the checkout, imported, typed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import g2rl_torch
import pytest

SOURCE = Path(__file__).parents[2] / "src" / "torch"
ONE_GROUP = '{"features":[[1,0],[0,1],[1,1]],"rewards":[1,-1,1]}\n'
TYPED = """
from g2rl_torch import G2RLTrainer, RunDirectoryCallback, ShapingSettings

settings: ShapingSettings = ShapingSettings(lambda_=0.25)
callback: RunDirectoryCallback = RunDirectoryCallback("run", name="short", observe=True, keep=4)
trainer: G2RLTrainer = G2RLTrainer("policy", print, None, settings=settings, callbacks=[callback])
ShapingSettings(lambda_="much")
"""


ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
"""Without the checkout, where the tests themselves find the package."""


def run(*command: str, cwd: Path, text: str = "") -> str:
    result = subprocess.run(command, cwd=cwd, input=text, capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # setuptools leaves its traces where it builds.
    root = tmp_path_factory.mktemp("wheel")
    shutil.copytree(SOURCE, root / "torch", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
    judge = root / "torch" / "g2rl_torch" / "tasks" / "judge.js"
    if not judge.exists():
        # Made by the build of the extension.
        judge.write_text("// the judge\n", encoding="utf-8")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", str(root), "./torch", cwd=root)
    (found,) = root.glob("g2rl_torch-*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A fresh environment with the wheel, and what it needs from the one of the tests."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=False)
    executable = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(executable))
    run(*pip, "install", "--no-deps", "--no-index", str(wheel), cwd=place)
    (packages,) = place.rglob("site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return str(executable)


def test_the_wheel_has_what_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith("METADATA"))
        text = archive.read(metadata).decode()
    modules = {path.relative_to(SOURCE).as_posix() for path in (SOURCE / "g2rl_torch").rglob("*.py")}
    assert modules | {"g2rl_torch/py.typed", "g2rl_torch/tasks/judge.js"} <= set(names)
    assert not any(name.startswith(("examples", "test", "probe")) for name in names)
    wanted = [line for line in (SOURCE / "requirements.txt").read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    found = re.findall(r"^Requires-Dist: ([^;\n]+)$", text, re.MULTILINE)
    assert [re.split("[<>=]", one)[0] for one in found] == [re.split("[<>=]", one)[0] for one in wanted]
    assert f"Version: {g2rl_torch.__version__}\n" in text
    assert "Requires-Python: >=3.10" in text


def test_it_works_alone(python: str, tmp_path: Path) -> None:
    code = (
        "import g2rl_torch, json\n"
        "from importlib.metadata import version\n"
        "from g2rl_torch import G2RLTrainer, RunDirectoryCallback, ShapingSettings\n"
        "print(json.dumps([g2rl_torch.__file__, version('g2rl-torch'), ShapingSettings().lambda_]))\n"
    )
    place, version, strength = json.loads(run(python, "-c", code, cwd=tmp_path))
    assert str(SOURCE) not in place
    assert (version, strength) == (g2rl_torch.__version__, 0.5)
    shaped = json.loads(run(python, "-m", "g2rl_torch", "shape", cwd=tmp_path, text=ONE_GROUP))
    assert len(shaped["advantages"]) == 3


def test_it_is_typed(python: str, tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "script.py").write_text(TYPED, encoding="utf-8")
    # The types of torch and transformers would take minutes to read, and are not what is asked.
    (tmp_path / "mypy.ini").write_text(
        "[mypy]\nfollow_imports = skip\n[mypy-g2rl_torch.*]\nfollow_imports = silent\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "mypy", "--python-executable", python]
    result = subprocess.run(
        [*command, "--ignore-missing-imports", "script.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert "script.py:7: error" in result.stdout
    assert result.stdout.count("error") == 2, result.stdout
