"""Whether a vLLM server is still alive: while weights are sent to it, nothing else would show that it is gone."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_POLL_SECONDS = 5.0
_PATIENCE_SECONDS = 30.0


@contextmanager
def server_watched(
    url: str, on_lost: Callable[[], None], poll: float = _POLL_SECONDS, patience: float = _PATIENCE_SECONDS
) -> Iterator[None]:
    """While the context lasts, a server that refuses connections for `patience` seconds is reported, from a thread.

    A busy server that responds late counts as alive.
    """
    over = threading.Event()

    def watch() -> None:
        refused_since: float | None = None
        while not over.wait(poll):
            if not _refuses(url):
                refused_since = None
                continue
            refused_since = refused_since or time.monotonic()
            if time.monotonic() - refused_since >= patience:
                on_lost()
                return

    threading.Thread(target=watch, name="vLLM server", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _refuses(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url.rstrip('/')}/health", timeout=_POLL_SECONDS).close()
    except urllib.error.HTTPError:
        return False
    except urllib.error.URLError as error:
        return isinstance(error.reason, ConnectionRefusedError)
    except OSError:
        return False
    return False
