"""What may be sent to a hub, and what may be said of it: no token in clear, no password in a text."""

from __future__ import annotations

from pathlib import Path

import pytest
from g2rl_torch.errors import InputError, explain
from g2rl_torch.files import log
from g2rl_torch.models import hub
from g2rl_torch.redaction import without_credentials

MODEL = "Qwen/Qwen3-0.6B-Base"


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(hub, "get_token", lambda: "hf_secret_token")
    return monkeypatch


@pytest.mark.parametrize(
    "endpoint",
    ["http://mirror.example", "HTTP://mirror.example:8080/hub", "http://10.0.0.7", "http://localhost.example.org"],
)
def test_a_token_is_not_sent_in_clear(online: pytest.MonkeyPatch, endpoint: str) -> None:
    online.setattr(hub.constants, "ENDPOINT", endpoint)
    with pytest.raises(InputError, match="would be sent there unencrypted"):
        hub.check_hub(MODEL)
    # Wherever the token is from: the environment, or what `hf auth login` has stored.
    online.setattr(hub, "get_token", lambda: None)
    hub.check_hub(MODEL)


@pytest.mark.parametrize(
    "endpoint", ["https://huggingface.co", "http://localhost:8080", "http://127.0.0.1", "http://[::1]:80"]
)
def test_where_nobody_listens_it_is_sent(online: pytest.MonkeyPatch, endpoint: str) -> None:
    online.setattr(hub.constants, "ENDPOINT", endpoint)
    hub.check_hub(MODEL)


@pytest.mark.parametrize(
    "endpoint", ["https://me:pass/wo@rd@mirror.example", "http://me@localhost", "me:password@mirror.example"]
)
def test_a_password_in_the_address_is_refused_and_not_said(online: pytest.MonkeyPatch, endpoint: str) -> None:
    online.setattr(hub.constants, "ENDPOINT", endpoint)
    with pytest.raises(InputError) as caught:
        hub.check_hub(MODEL)
    assert "holds a user name or a password" in str(caught.value)
    assert not any(part in str(caught.value) for part in ("pass/wo", "me:", "me@", "rd@"))


@pytest.mark.parametrize("endpoint", ["my-mirror", "", "ftp://mirror", "https://[", "http://"])
def test_what_is_no_address_is_refused(online: pytest.MonkeyPatch, endpoint: str) -> None:
    online.setattr(hub.constants, "ENDPOINT", endpoint)
    with pytest.raises(InputError, match="is not a URL"):
        hub.check_hub(MODEL)


def test_a_folder_asks_no_hub(online: pytest.MonkeyPatch, tmp_path: Path) -> None:
    online.setattr(hub.constants, "ENDPOINT", "http://me:password@mirror.example")
    hub.check_hub(str(tmp_path))
    online.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    hub.check_hub(MODEL)


def test_texts_have_no_credentials(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://me:p@ss/word@proxy.example:3128")
    monkeypatch.setenv("WANDB_API_KEY", "0123456789abcdef")
    said = "cannot reach http://me:p@ss/word@proxy.example:3128 nor https://you:secret@host/a@b with 0123456789abcdef"
    clean = "cannot reach http://***@proxy.example:3128 nor https://***@host/a@b with ***"
    assert without_credentials(said) == clean
    assert explain(ConnectionError(said))[0] == clean
    assert explain(RuntimeError(said))[0] == f"This is a fault of G2RL Lab: RuntimeError: {clean}"
    assert str(InputError(said, "")) == clean
    log(said)
    assert clean in capsys.readouterr().out
