"""What an interpreter has, as one JSON object: run by any Python 3.8 or newer, with nothing installed.

Arguments: the names of the packages that matter. torch is imported last: a build that does not fit the machine may
crash, and then what was printed before is still reported.
"""

import json
import platform
import shutil
import sys
from importlib import metadata
from typing import Any, Dict, List, Optional  # noqa: UP035


def versions(names: List[str]) -> Dict[str, Optional[str]]:  # noqa: UP006, UP045
    found: Dict[str, Optional[str]] = {}  # noqa: UP006, UP045
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = None
    return found


def unmet(name: str) -> List[str]:  # noqa: UP006
    """The declared dependencies of an installed package that are missing here."""
    try:
        from packaging.requirements import Requirement

        needed = [Requirement(line) for line in metadata.requires(name) or []]
    except (ImportError, metadata.PackageNotFoundError, ValueError):
        return []
    found = []
    for one in needed:
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        installed = versions([one.name])[one.name]
        if installed is None:
            found.append(one.name)
        elif not one.specifier.contains(installed, prereleases=True):
            found.append(f"{one.name}{one.specifier} ({installed} is installed)")
    return found


def report(names: List[str]) -> Dict[str, Any]:  # noqa: UP006
    usage = shutil.disk_usage(sys.prefix)
    return {
        "executable": sys.executable,
        "version": platform.python_version(),
        "virtual": sys.prefix != sys.base_prefix,
        "prefix": sys.prefix,
        "freeBytes": usage.free,
        "packages": versions(names),
        "unmet": {name: unmet(name) for name in names},
    }


def torch_report() -> Dict[str, Any]:  # noqa: UP006
    import torch

    available = torch.cuda.is_available()
    gpus = []
    for index in range(torch.cuda.device_count() if available else 0):
        gpu = torch.cuda.get_device_properties(index)
        gpus.append({"name": gpu.name, "bytes": gpu.total_memory})
    reason = None
    if torch.version.cuda is not None and not available:
        try:
            torch.cuda.init()
        except Exception as error:
            reason = str(error).strip().splitlines()[0]
    build = torch.version.cuda or torch.version.hip
    return {"build": build, "available": available, "gpus": gpus, "reason": reason}


print(json.dumps(report(sys.argv[1:])), flush=True)
try:
    print(json.dumps(torch_report()), flush=True)
except Exception as error:
    print(json.dumps({"error": f"{type(error).__name__}: {error}".strip().splitlines()[0]}), flush=True)
