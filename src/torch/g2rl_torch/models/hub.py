"""The hub of a model that is no folder: by the rule of the launcher's downloads, no token is sent in clear."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from huggingface_hub import constants, get_token

from ..errors import InputError

_THIS_MACHINE = re.compile(r"localhost|.*\.localhost|127(\.\d+){3}|::1")
"""Names and addresses: what is sent there passes no network."""


def check_hub(name: str) -> None:
    """Before anything of a model is asked for. name: a folder, or a name on the hub. Raises InputError."""
    if Path(name).is_dir() or constants.HF_HUB_OFFLINE:
        return
    # Up to the last @: a password may hold anything.
    endpoint = re.sub("^([a-z][a-z0-9+.-]*://)?.*@", r"\1", constants.ENDPOINT, flags=re.IGNORECASE)
    if endpoint != constants.ENDPOINT:
        raise InputError(
            f"HF_ENDPOINT ({endpoint}) holds a user name or a password, which is not sent.",
            "Write it as https://host and give a token in HF_TOKEN; then resume the run.",
        )
    scheme, host = _parts(endpoint)
    if scheme not in ("http", "https") or not host:
        raise InputError(
            f'HF_ENDPOINT is "{endpoint}", which is not a URL.',
            "Write it as https://host, or remove it to use the public hub; then resume the run.",
        )
    if scheme == "http" and not _THIS_MACHINE.fullmatch(host) and get_token():
        raise InputError(
            f"HF_ENDPOINT is {endpoint}, and your token would be sent there unencrypted.",
            "Use https:// in HF_ENDPOINT, or unset HF_TOKEN and log out with `hf auth logout` when the mirror needs no "
            "token; then resume the run.",
        )


def _parts(endpoint: str) -> tuple[str, str]:
    """Scheme and host."""
    try:
        address = urlsplit(endpoint)
        return address.scheme, address.hostname or ""
    except ValueError:
        return "", ""
