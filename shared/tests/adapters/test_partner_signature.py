import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patterns_shared.adapters.partner_signature import (
    MAX_SKEW,
    MalformedKeys,
    SignatureRejected,
    SigningKey,
    SigningKeys,
    sign,
    verify,
)

OLD = SigningKey("2025", b"the old secret")
NEW = SigningKey("2026", b"the new secret")
BOTH = SigningKeys(NEW, OLD).by_id()
NOW = 1_767_605_400


def test_the_signature_is_what_the_contract_says() -> None:
    """HMAC-SHA256 over timestamp, dot and body, in hex: what a partner would compute in any language."""
    expected = hmac.new(b"the new secret", b'1767605400.{"a":1}', "sha256").hexdigest()
    assert sign(NEW, b'{"a":1}', timestamp=NOW) == {
        "X-Partner-Key-Id": "2026",
        "X-Partner-Timestamp": "1767605400",
        "X-Partner-Signature": f"v1={expected}",
    }


@given(st.binary(max_size=200), st.sampled_from([OLD, NEW]))
def test_what_is_signed_verifies_with_either_key(body: bytes, key: SigningKey) -> None:
    """During a rotation both are good, and the key's id says which one it was."""
    assert verify(sign(key, body, timestamp=NOW), body, keys=BOTH, now=NOW) == key.key_id


@given(
    st.binary(max_size=50),
    st.sampled_from(["body", "X-Partner-Key-Id", "X-Partner-Timestamp", "X-Partner-Signature"]),
    st.text(max_size=80),
)
def test_nothing_else_verifies(body: bytes, changed: str, value: str) -> None:
    """Whatever part of a signed request is another one, the request is refused, and refused is all that happens."""
    headers = sign(NEW, body, timestamp=NOW)
    other = {**headers, changed: value} if changed != "body" else headers
    other_body = body + b"x" if changed == "body" else body
    if other == headers and other_body == body:
        return
    with pytest.raises(SignatureRejected):
        verify(other, other_body, keys=BOTH, now=NOW)


@pytest.mark.parametrize("skew", [-MAX_SKEW, -1, 0, 1, MAX_SKEW])
def test_clocks_may_differ_a_little(skew: int) -> None:
    """In both directions."""
    assert verify(sign(NEW, b"", timestamp=NOW), b"", keys=BOTH, now=NOW + skew) == NEW.key_id


@pytest.mark.parametrize("skew", [-MAX_SKEW - 1, MAX_SKEW + 1, 10**9])
def test_an_old_request_cannot_be_played_again(skew: int) -> None:
    """Nor one from the future: the refusal says how far the clocks are apart."""
    with pytest.raises(SignatureRejected, match=str(abs(skew))):
        verify(sign(NEW, b"", timestamp=NOW), b"", keys=BOTH, now=NOW + skew)


def test_the_time_is_part_of_what_is_signed() -> None:
    """Or an old request could be given a new time."""
    headers = {**sign(NEW, b"", timestamp=NOW - 9999), "X-Partner-Timestamp": str(NOW)}
    with pytest.raises(SignatureRejected):
        verify(headers, b"", keys=BOTH, now=NOW)


def test_header_names_come_in_any_case() -> None:
    """As HTTP allows, and as most servers change them."""
    headers = {name.lower(): value for name, value in sign(NEW, b"x", timestamp=NOW).items()}
    assert verify(headers, b"x", keys=BOTH, now=NOW) == NEW.key_id


def test_a_key_that_was_withdrawn_is_refused() -> None:
    """The end of a rotation."""
    with pytest.raises(SignatureRejected, match="Key-Id"):
        verify(sign(OLD, b"", timestamp=NOW), b"", keys=SigningKeys(NEW).by_id(), now=NOW)


def secret(**parts: object) -> bytes:
    """Return a secret as Secrets Manager keeps it."""
    return json.dumps(parts).encode()


def test_keys_are_read_from_the_secret() -> None:
    """With and without one before."""
    new = {"key_id": "2026", "secret": "the new secret"}
    old = {"key_id": "2025", "secret": "the old secret"}
    assert SigningKeys.from_secret(secret(current=new, previous=old)) == SigningKeys(NEW, OLD)
    assert SigningKeys.from_secret(secret(current=new, previous=None)) == SigningKeys(NEW)
    assert SigningKeys.from_secret(secret(current=new)) == SigningKeys(NEW)


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"hunter2",
        b"[]",
        b"\xff",
        secret(),
        secret(current="hunter2"),
        secret(current={"key_id": "1"}),
        secret(current={"key_id": "1", "secret": ""}),
        secret(current={"key_id": "a\r\nb", "secret": "hunter2"}),
        secret(current={"key_id": 1, "secret": "hunter2"}),
        secret(current={"key_id": "1", "secret": 2}),
        secret(current={"key_id": "1", "secret": "hunter2"}, previous={"key_id": "1"}),
    ],
)
def test_a_secret_that_holds_no_keys_says_so_and_not_what_it_holds(value: bytes) -> None:
    """The complaint ends up in a log."""
    with pytest.raises(MalformedKeys) as refused:
        SigningKeys.from_secret(value)
    assert "hunter2" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_keys_are_not_shown() -> None:
    """A log that prints them prints their names."""
    shown = repr(SigningKeys(NEW, OLD))
    assert "2026" in shown
    assert "the new secret" not in shown
    assert "the old secret" not in shown
