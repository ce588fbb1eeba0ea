"""Token files: what is kept, what is refused, what happens when one changes."""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import Any

import pytest

from interlock_host.config import ConfigError
from interlock_host.security import tokens
from interlock_host.security.access import Access, Principal, read_access
from interlock_host.security.reload import Reloaded, Reloads
from interlock_host.security.tokens import LONGEST, PREFIX, Digests, check_token, digest_of, new_token
from tests.host.secured import certificate_entry, token_entry, write_tokens

SOMEBODY = Principal("somebody", ())


def read(file: Path, *, certificates: bool = True) -> Access:
    return read_access(file, certificates=certificates)


def test_a_token_is_256_bits() -> None:
    made = [new_token() for _ in range(100)]
    assert len(set(made)) == 100
    assert all(token.startswith(PREFIX) and len(token) == len(PREFIX) + 43 for token in made)


def test_find() -> None:
    known = Digests([(digest_of("right"), SOMEBODY)])
    assert known.find("right") is SOMEBODY
    for wrong in ("", "righ", "right ", "Right", "\udcff", "right\0"):
        assert known.find(wrong) is None


def test_the_whole_hash_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """In constant time, and where a guess finds an entry by its first bytes, still not by them alone."""
    compared: list[tuple[bytes, bytes]] = []

    real = hmac.compare_digest

    def compare(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return real(a, b)

    digest = digest_of("right")
    near = digest[:31] + bytes([digest[31] ^ 1])
    monkeypatch.setattr("hmac.compare_digest", compare)
    assert Digests([(near, SOMEBODY)]).find("right") is None
    assert compared == [(near, digest)]


def test_a_huge_token_is_not_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "digest_of", lambda token: pytest.fail("it was hashed"))
    assert Digests[Principal]([]).find("x" * (LONGEST + 1)) is None


@pytest.mark.parametrize("token", ["", "two words", "line\n", "tab\t", "ü", "\0", "x" * (LONGEST + 1)])
def test_check_token_says_nothing_of_it(token: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_token(token)
    assert not token or token not in str(caught.value)


def test_file(tmp_path: Path) -> None:
    certificate = certificate_entry("billing", "san", "billing.internal", "queue/b:rw")
    access = read(write_tokens(tmp_path, token_entry("ci", "queue/orders-*:rw", "host:r"), certificate))
    ci = access.by_token("ci-token")
    assert ci is not None and ci.name == "ci"
    assert ci.may("queue", "orders-1", True) and not ci.may("host", "", True)
    billing = access.by_certificate({"x509_subject_alternative_name": [b"x", b"billing.internal"]})
    assert billing is not None and billing.name == "billing"
    assert access.by_certificate({"x509_common_name": [b"billing.internal"]}) is None
    assert access.by_certificate({}) is None


def test_the_first_certificate_that_fits(tmp_path: Path) -> None:
    entries = (certificate_entry(name, "common_name", "same", "queue:r") for name in ("one", "two"))
    found = read(write_tokens(tmp_path, *entries)).by_certificate({"x509_common_name": [b"same"]})
    assert found is not None and found.name == "one"


GOOD = token_entry("good", "queue:r")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nobody could call"),
        ("[[token]]", "unknown key 'token'; known are certificates, tokens"),
        ("tokens = 1", r"tokens: write \[\[tokens\]\]"),
        ("[[tokens]", "tokens.toml"),
        (GOOD + 'expires = "never"', r"tokens\[0\]: unknown key 'expires'"),
        (GOOD + GOOD, "'good' is another entry's"),
        (GOOD + GOOD.replace('"good"', '"other"'), "two entries have the hash"),
        (GOOD.replace("queue:r", "queue:x"), r"tokens\[0\].allow: 'queue:x' is no rule"),
        (GOOD.replace('["queue:r"]', "[]"), r"tokens\[0\].allow: write a list"),
        (GOOD.replace('["queue:r"]', '"queue:r"'), r"tokens\[0\].allow: write a list"),
        (GOOD.replace('"good"', "7"), r"tokens\[0\].name: write a text"),
        ('[[tokens]]\nname = "a"\nsha256 = "ilk_abc"\nallow = ["queue:r"]', "not 64 hexadecimal digits"),
        ('[[certificates]]\nname = "a"\nallow = ["queue:r"]', "names a san or a common_name"),
        (certificate_entry("a", "san", "x", "queue:r") + 'common_name = "y"', "names a san or a common_name"),
    ],
)
def test_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read(write_tokens(tmp_path, text))


def test_a_mistake_does_not_show_a_token(tmp_path: Path) -> None:
    """Somebody who puts the token itself where its hash belongs must not find it in a log."""
    token = new_token()
    with pytest.raises(ConfigError) as caught:
        read(write_tokens(tmp_path, f'[[tokens]]\nname = "a"\nsha256 = "{token}"\nallow = ["queue:r"]'))
    assert token not in str(caught.value)


def test_certificates_need_a_client_ca(tmp_path: Path) -> None:
    file = write_tokens(tmp_path, certificate_entry("a", "san", "x", "queue:r"))
    with pytest.raises(ConfigError, match="--client-ca"):
        read(file, certificates=False)


@pytest.mark.parametrize(
    ("mode", "says"),
    [(0o604, "may be read by others; chmod o-rwx"), (0o620, "chmod go-w"), (0o602, "chmod go-w")],
)
def test_open_to_others(tmp_path: Path, mode: int, says: str) -> None:
    file = write_tokens(tmp_path, GOOD)
    file.chmod(mode)
    with pytest.raises(ConfigError, match=says):
        read(file)
    file.chmod(0o640)
    read(file)


def test_replaceable_by_others(tmp_path: Path) -> None:
    """Through the folder that it is in, and the folder that it links to."""
    folder = tmp_path / "open"
    folder.mkdir()
    file = write_tokens(folder, GOOD)
    folder.chmod(0o777)
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    for path in (file, link):
        with pytest.raises(ConfigError, match=f"others may write to {folder}"):
            read(path)
    folder.chmod(0o1777)
    read(link)


def test_no_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    large = tmp_path / "large"
    large.touch(mode=0o600)
    os.truncate(large, 2 << 20)
    for path, says in (
        (pipe, "not a file"),
        (tmp_path, "directory"),
        (large, "larger"),
        (tmp_path / "absent", "No such"),
    ):
        with pytest.raises(ConfigError, match=says):
            read(path)


def counts(reloads: Reloads) -> dict[str, float]:
    """Readings by outcome, and whether what is in force is what the file says."""
    read_again, (now,) = (family.samples for family in reloads.collect())
    return {**{sample.labels["outcome"]: sample.value for sample in read_again}, "in force": now.value}


def test_reload(tmp_path: Path) -> None:
    file = write_tokens(tmp_path, token_entry("first", "queue:r"))
    reloads = Reloads()
    loaded = Reloaded("tokens", (file,), lambda: read(file), reloads)
    assert not loaded.check()
    assert counts(reloads) == {"ok": 0, "failed": 0, "in force": 1}
    other = tmp_path / "other"
    other.touch(mode=0o600)
    other.write_text(token_entry("second", "queue:r"))
    other.replace(file)
    assert loaded.check() and not loaded.check()
    assert loaded.value.by_token("first-token") is None
    assert loaded.value.by_token("second-token") is not None
    assert counts(reloads) == {"ok": 1, "failed": 0, "in force": 1}


@pytest.mark.parametrize("damage", ["invalid", "empty", "absent", "mode"])
def test_reload_keeps_the_last_good(tmp_path: Path, damage: str, caplog: Any) -> None:
    file = write_tokens(tmp_path, token_entry("first", "queue:r"))
    reloads = Reloads()
    loaded = Reloaded("tokens", (file,), lambda: read(file), reloads)
    before = loaded.value
    if damage == "absent":
        file.unlink()
    elif damage == "mode":
        file.chmod(0o644)
    else:
        file.write_text("[[tokens]" if damage == "invalid" else "")
    assert not loaded.check() and loaded.value is before
    assert not loaded.check(), "what is no better is not read and logged again"
    assert counts(reloads) == {"ok": 0, "failed": 1, "in force": 0}
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    file.unlink(missing_ok=True)
    write_tokens(tmp_path, token_entry("third", "queue:r"))
    assert loaded.check() and loaded.value.by_token("third-token") is not None
    assert counts(reloads) == {"ok": 1, "failed": 1, "in force": 1}
