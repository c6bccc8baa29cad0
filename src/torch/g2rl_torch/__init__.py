"""The torch engine of G2RL Lab: the method in pure torch, a TRL trainer that uses it, and the run directory."""

__version__ = "0.1.0"
__all__ = ["G2RLTrainer", "RunDirectoryCallback", "ShapingSettings", "__version__"]

# What type checkers and editors read. Nothing is loaded by what is not asked for: tools without torch import this, too.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from .library.callback import RunDirectoryCallback as RunDirectoryCallback
    from .method.settings import ShapingSettings as ShapingSettings
    from .trl.trainer import G2RLTrainer as G2RLTrainer

_PLACES = {
    "G2RLTrainer": ".trl.trainer",
    "RunDirectoryCallback": ".library.callback",
    "ShapingSettings": ".method.settings",
}


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_PLACES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
