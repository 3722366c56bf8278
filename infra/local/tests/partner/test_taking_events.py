"""The partner takes what patterns/async/README.md promises it, and refuses the rest with its reason."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from patterns_deploy.errors import WrongSwitch
from patterns_shared.adapters.partner_signature import SigningKey, sign

# The fixture's class, which importlib's mode keeps out of reach as an import.
Sender = Any

pytestmark = pytest.mark.integration

FIRST = SigningKey("first", b"a secret of the first key")
SECOND = SigningKey("second", b"a secret of the second key")


def _refused(answer: httpx.Response, status: int, detail: str) -> None:
    """Check that an answer is a problem with this status and reason."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    problem = answer.json()
    assert (problem["status"], problem["type"]) == (status, "about:blank")
    assert detail in problem["detail"]


def test_the_work_is_done_once_for_each_event(sender: Sender) -> None:
    """However often the partner is told: a repeat is a success, and says what it is."""
    document = sender.document()
    first, again = sender.post(document), sender.post(document)
    assert (first.status_code, first.json()) == (201, {"id": document["id"], "duplicate": False})
    assert (again.status_code, again.json()) == (200, {"id": document["id"], "duplicate": True})
    seen = sender.control.event(document["id"])
    assert seen
    assert {name: seen[name] for name in ("asked", "done", "duplicates", "key_ids", "type")} == {
        "asked": 2,
        "done": 1,
        "duplicates": 1,
        "key_ids": ["first"],
        "type": document["type"],
    }
    assert seen["first_at"].endswith("+00:00")


def test_another_body_under_a_used_key_is_refused_for_good(sender: Sender) -> None:
    """Which of the two was meant, nobody can know."""
    document = sender.document()
    assert sender.post(document).status_code == 201
    _refused(sender.post({**document, "order_version": 99}), 422, "Idempotency-Key was used with another body")
    assert sender.control.seen()["done"] == 1


@pytest.mark.parametrize(
    ("headers", "detail"),
    [
        ({"X-Partner-Signature": "v1=" + "0" * 64}, "X-Partner-Signature does not fit the body and the time"),
        ({"X-Partner-Signature": ""}, "X-Partner-Signature does not fit the body and the time"),
        ({"X-Partner-Key-Id": "unknown"}, "X-Partner-Key-Id names no key that is known here"),
        ({"X-Partner-Timestamp": "yesterday"}, "X-Partner-Timestamp is not a time in seconds"),
    ],
)
def test_a_signature_that_is_not_ours_is_refused_with_the_reason(
    sender: Sender, headers: dict[str, str], detail: str
) -> None:
    """And the event stays to be done."""
    document = sender.document()
    _refused(sender.post(document, headers=headers), 401, detail)
    assert (sender.control.seen()["rejected_signatures"], sender.control.seen()["done"]) == (1, 0)
    assert sender.post(document).status_code == 201


def test_a_request_without_any_signature_is_refused(sender: Sender) -> None:
    """Whoever sends it."""
    _refused(httpx.post(sender.server.url, json=sender.document(), trust_env=False), 401, "X-Partner-Timestamp")


@pytest.mark.parametrize("skew", [-400, 400])
def test_clocks_that_are_too_far_apart_are_noticed(sender: Sender, skew: int) -> None:
    """Whosever is wrong: the sender's, or the partner's by its switch."""
    _refused(sender.post(sender.document(), skew=skew), 401, "seconds away from now")
    sender.control.behave("up", clock_skew_seconds=skew)
    _refused(sender.post(sender.document()), 401, "seconds away from now")
    assert sender.post(sender.document(), skew=skew).status_code == 201


def test_a_key_is_rotated_without_a_refusal(sender: Sender) -> None:
    """The partner looks at the secret again when it does not know a key; the one before is good until it is gone."""
    document = sender.document()
    assert sender.post(document).status_code == 201
    sender.rotate(SECOND, previous=FIRST)
    assert sender.post(document, key=SECOND).status_code == 200
    assert sender.post(sender.document()).status_code == 201
    seen = sender.control.event(document["id"])
    assert seen
    assert seen["key_ids"] == ["first", "second"]


def test_a_key_that_was_withdrawn_is_refused_soon(sender: Sender, eventually: Any) -> None:  # noqa: ANN401
    """Within the two seconds that keys are believed."""
    assert sender.post(sender.document()).status_code == 201
    sender.rotate(SECOND)
    assert eventually(lambda: sender.post(sender.document()).status_code == 401, 10.0)


def test_another_secret_under_the_same_key_id_is_good_at_once(sender: Sender) -> None:
    """A stack that is deployed anew generates its first key anew."""
    assert sender.post(sender.document()).status_code == 201
    other = SigningKey("first", b"another secret")
    sender.rotate(other)
    assert sender.post(sender.document(), key=other).status_code == 201


def test_the_keys_of_two_stages_are_good_beside_each_other(sender: Sender) -> None:
    """Each stack has a key called first; when one is destroyed, the other's stays good."""
    client = sender.emulator.client("secretsmanager")
    other = SigningKey("first", b"of the other stage")
    value = json.dumps({"current": {"key_id": "first", "secret": "of the other stage"}})
    arn = client.create_secret(Name=f"other-{time.time_ns()}", SecretString=value)["ARN"]
    sender.control.learn(arn)
    for key in (FIRST, other):
        assert sender.post(sender.document(), key=key).status_code == 201
    client.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    _refused(sender.post(sender.document(), skew=999), 401, "seconds away")
    assert sender.control.behaviour()["secret_arns"] == [sender.secret_arn]
    assert sender.post(sender.document()).status_code == 201


@pytest.mark.parametrize("key", [None, "", "with a space", "x" * 65])
def test_an_idempotency_key_is_required(sender: Sender, key: str | None) -> None:
    """Without one the work could be done twice."""
    document = sender.document()
    body = json.dumps(document).encode()
    headers = sign(FIRST, body, timestamp=int(time.time()))
    headers |= {} if key is None else {"Idempotency-Key": key}
    answer = httpx.post(sender.server.url, content=body, headers=headers, trust_env=False)
    _refused(answer, 400, "Idempotency-Key is missing, or no id of an event")


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"id": "another"}, "id: is not the Idempotency-Key"),
        ({"id": None}, "id: Input should be a valid string"),
        (
            {"type": "OrderEaten"},
            "type: Input should be 'OrderPlaced', 'OrderCancelled', 'OrderFulfilled' or 'OrderRej",
        ),
        ({"schema_version": 2}, "schema_version: Input should be 1"),
        ({"occurred_at": "yesterday"}, "occurred_at: Input should be a valid datetime"),
        ({"order_version": "1"}, "order_version: Input should be a valid integer"),
        ({"data": {"contact": {"email": "ada@example.com"}}}, "data: holds a contact"),
    ],
)
def test_what_is_no_event_is_refused_and_the_field_named(sender: Sender, change: dict[str, Any], detail: str) -> None:
    """For good: it will be none tomorrow either."""
    document = sender.document()
    _refused(sender.post(document | change, headers={"Idempotency-Key": document["id"]}), 400, detail)
    assert sender.control.seen()["refused_bodies"] == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"null", b"[" * 100_000])
def test_what_is_no_json_is_refused(sender: Sender, body: bytes) -> None:
    """With the reason, and never with a traceback."""
    answer = sender.post(body, headers={"Idempotency-Key": "x"})
    _refused(answer, 400, "")
    assert sender.post(sender.document()).status_code == 201


def test_a_body_without_end_is_refused(sender: Sender) -> None:
    """The events have 128 KiB at most."""
    _refused(sender.post(b"x" * 2_000_000), 413, "more than 1048576 bytes")


def test_an_added_field_is_accepted(sender: Sender) -> None:
    """An event of tomorrow's producer."""
    assert sender.post({**sender.document(), "shop": "Berlin"}).status_code == 201


def test_two_hundred_requests_at_once_are_counted_exactly(sender: Sender) -> None:
    """A hundred events twice each, all at the same time: a hundred done, a hundred duplicates."""
    documents = [sender.document() for _ in range(100)]
    sender.control.behave("slow", delay_seconds=1.0)

    async def all_at_once() -> list[int]:
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as client:
            answers = await asyncio.gather(*(_post(client, sender, document) for document in documents * 2))
        return [answer.status_code for answer in answers]

    statuses = asyncio.run(all_at_once())
    assert (statuses.count(201), statuses.count(200)) == (100, 100)
    seen = sender.control.seen()
    counts = {name: seen[name] for name in ("requests", "accepted", "duplicates", "events", "done", "in_flight")}
    assert counts == {"requests": 200, "accepted": 100, "duplicates": 100, "events": 100, "done": 100, "in_flight": 0}
    assert seen["faults"]["slow"] == 200
    assert 100 < seen["most_in_flight"] <= 200
    assert all(event == {"asked": 2, "done": 1} for event in sender.control.events().values())


async def _post(client: httpx.AsyncClient, sender: Sender, document: dict[str, Any]) -> httpx.Response:
    body = json.dumps(document).encode()
    headers = sign(FIRST, body, timestamp=int(time.time())) | {"Idempotency-Key": document["id"]}
    return await client.post(sender.server.url, content=body, headers=headers)


def test_forgetting_forgets_the_work_too(sender: Sender) -> None:
    """A demonstration can begin anew."""
    document = sender.document()
    assert sender.post(document).status_code == 201
    sender.control.forget()
    assert sender.control.event(document["id"]) is None
    assert sender.control.events() == {}
    assert sender.post(document).status_code == 201


def test_the_log_holds_no_signature_and_nothing_of_a_body_but_id_and_type(sender: Sender) -> None:
    """It may be shown to anybody."""
    document = sender.document()
    answer = sender.post(document)
    sender.post({**document, "data": {"contact": {"email": "grace@example.com"}}})
    sender.post(document, headers={"Idempotency-Key": "grace@example.com"})
    log = sender.server.log.read_text()
    assert f"201 {document['type']} {document['id']}" in log
    assert "grace" not in log
    assert answer.request.headers["X-Partner-Signature"].removeprefix("v1=") not in log


def test_before_it_was_told_of_keys_it_asks_to_wait(sender: Sender, folder: Any) -> None:  # noqa: ANN401
    """A partner that cannot check is an outage, not a refusal: what was sent before its time waits in the queue."""
    from patterns_local.partner.client import PartnerClient  # noqa: PLC0415
    from patterns_local.partner.server import PartnerServer  # noqa: PLC0415

    folder.prepare()
    with PartnerServer(folder, "http://127.0.0.1:9") as server:
        server.wait_ready(abandoned=lambda: False)
        own = type(sender)(server, PartnerClient(server.url), sender.emulator, sender.secret_arn)
        _refused(own.post(own.document()), 503, "the partner was told of no keys yet")
        own.control.learn(sender.secret_arn)
        _refused(own.post(own.document()), 503, "the secret cannot be read")
        with pytest.raises(WrongSwitch, match=r"^secret_arn: String should match pattern"):
            own.control.learn("the secret")
        assert own.control.seen()["without_keys"] == 2
