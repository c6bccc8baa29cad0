"""Texts for people and logs without passwords and tokens."""

from __future__ import annotations

import os
import re

_IN_URL = re.compile(r"(?<=://)[^\s/?#\"'<>]*@")
"""A name and a password before a host."""
_SECRET = re.compile(r"(TOKEN|API_KEY|PASSWORD|SECRET)$", re.IGNORECASE)
"""Names of variables that hold a secret."""
_LEAST = 8
"""Characters of a secret: what is shorter stands in ordinary texts."""


def without_credentials(text: str) -> str:
    """The text with `***` for credentials in URLs, and for the secrets that variables of the environment hold."""
    for secret in _secrets():
        text = text.replace(secret, "***")
    return _IN_URL.sub("***@", text)


def _secrets() -> set[str]:
    found = set()
    for name, value in os.environ.items():
        if _SECRET.search(name):
            found.add(value.strip())
        # Up to the last @: a password may hold anything.
        scheme, mark, rest = value.partition("://")
        if mark and re.fullmatch("[A-Za-z][A-Za-z0-9+.-]*", scheme) and "@" in rest:
            found.add(rest.rpartition("@")[0])
    return {one for one in found if len(one) >= _LEAST}
