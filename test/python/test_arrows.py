"""How the modules of `g2rl_torch` depend on each other: never in a circle, and between packages only as declared."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "torch" / "g2rl_torch"

ARROWS: dict[str, set[str]] = {
    "broken_package": set(),
    "redaction": set(),
    "files": {"redaction"},
    "gpus": set(),
    "method": set(),
    "errors": {"broken_package", "redaction"},
    "experiment": {"method"},
    "rewards": {"errors", "experiment", "files", "tasks"},
    "tasks": {"errors", "experiment"},
    "models": {"errors", "experiment", "files", "method"},
    "sampling": {"models", "tasks"},
    "trl": {"errors", "experiment", "method", "models", "sampling"},
    "evaluation": {"errors", "experiment", "files", "gpus", "method", "models", "redaction", "sampling", "tasks"},
    "run": {
        "errors",
        "experiment",
        "files",
        "gpus",
        "method",
        "models",
        "redaction",
        "rewards",
        "sampling",
        "tasks",
        "trl",
        "evaluation",
    },
    "library": {"errors", "files", "method", "models", "redaction", "run", "trl"},
    "__main__": {"method", "run", "evaluation"},
}
"""What each package, or module beside them, imports of the others."""


def name_of(path: Path) -> str:
    """`run.train` of `run/train.py`; `run` of `run/__init__.py`."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"}


def imports_of(source: str, module: str, *, is_package: bool = False) -> set[str]:
    """The modules of this package that a module imports, wherever it does, under names as in MODULES."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            assert not any(name.name.startswith("g2rl_torch") for name in node.names), f"{module}: import relatively"
        if not isinstance(node, ast.ImportFrom):
            continue
        assert not (node.module or "").startswith("g2rl_torch"), f"{module}: import relatively"
        if node.level == 0:
            continue
        parents = module.split(".") if is_package else module.split(".")[:-1]
        base = [*parents[: len(parents) - node.level + 1], *(node.module.split(".") if node.module else [])]
        for name in node.names:
            whole = ".".join([*base, name.name])
            found.add(whole if whole in MODULES else ".".join(base))
    return found


GRAPH = {
    module: imports_of(path.read_text(encoding="utf-8"), module, is_package=path.stem == "__init__")
    for module, path in MODULES.items()
}


def test_no_modules_import_each_other() -> None:
    TopologicalSorter(GRAPH).prepare()


def test_packages_import_what_is_declared_and_nothing_else() -> None:
    found: dict[str, set[str]] = {package: set() for package in ARROWS}
    for module, imported in GRAPH.items():
        package = module.split(".")[0]
        found[package] |= {other.split(".")[0] for other in imported} - {package}
    assert found == ARROWS
    TopologicalSorter(ARROWS).prepare()


@pytest.mark.parametrize("package", sorted({path.parent for path in MODULES.values()}), ids=lambda path: path.name)
def test_every_package_says_in_a_sentence_what_lives_there(package: Path) -> None:
    tree = ast.parse((package / "__init__.py").read_text(encoding="utf-8"))
    text = ast.get_docstring(tree) or ""
    assert text.endswith(".")
    assert text.count(". ") == 0
    # Nothing is loaded by what is not asked for; names are imported from where they are defined.
    assert not any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in tree.body)


def test_imports_are_found_wherever_they_stand() -> None:
    source = "from ..errors import InputError\ndef f():\n    from .. import files\n    from .train import train_run\n"
    assert imports_of(source, "run.process") == {"errors", "files", "run.train"}
    with pytest.raises(CycleError):
        TopologicalSorter({"a": {"b"}, "b": {"a"}}).prepare()
