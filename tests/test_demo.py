"""The demo on a platform that is already up: it shows what it promises, and finds what is not so."""

import re
from pathlib import Path

import httpx
import pytest

from patterns_cli import demo
from patterns_cli.demo.guest import id_token
from patterns_cli.demo.plan import PlannedOrder
from patterns_cli.queues.directory import find_dead_letter_queues
from patterns_local.platform import Platform

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def here(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the demo find the session's platform."""
    monkeypatch.setenv("PATTERNS_LOCAL_STATE", str(platform.folder.root))


def test_everything_is_as_expected_and_a_user_can_sign_in(
    platform: Platform, outputs: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo passes; afterwards there is a guest with orders, and of queue, rule and other accounts nothing."""
    assert demo.run(["web_api"], stay=True, seed=11, orders=20) == 0
    printed = capsys.readouterr().out
    assert "DIFFERS" not in printed
    [email] = set(re.findall(r"patterns token (\S+@example\.com)$", printed, re.MULTILINE))

    token = id_token(email, folder=platform.folder)
    mine = httpx.get(f"{outputs['api_url']}/orders", headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert len(mine.json()["orders"]) == 4

    run = email.removeprefix("customer-1-")
    assert platform.client("events").list_rules(NamePrefix="patterns-demo-")["Rules"] == []
    assert not platform.client("sqs").list_queues(QueueNamePrefix="patterns-demo-").get("QueueUrls")
    users = platform.client("cognito-idp").list_users(UserPoolId=outputs["user_pool_id"])["Users"]
    emails = [each["Value"] for user in users for each in user["Attributes"] if each["Name"] == "email"]
    assert [each for each in emails if each.endswith(run)] == [email]


def test_one_wrong_cent_is_found(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An order that costs something else than expected makes the demo fail, and the table names it."""
    total = PlannedOrder.total.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(PlannedOrder, "total", property(lambda order: total(order) + (order.number == 11)))
    assert demo.run(["web_api"], stay=False, seed=11, orders=20) == 1
    printed = capsys.readouterr().out
    assert re.search(r"^DIFFERS +place 20 orders.*19; 1 not: 11 should be total", printed, re.MULTILINE)
    assert re.search(r"^DIFFERS +hear OrderPlaced", printed, re.MULTILINE)


@pytest.mark.parametrize("pattern", ["async", "batch", "k8s"])
def test_every_other_pattern_s_part_is_as_expected(
    platform: Platform, pattern: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing differs, on a platform that has been used before and has no dead letters; the demo leaves none, either.

    Its orders are in the web API's table, so that no message is about an order that does not exist.
    """
    # What other tests have sent to the workers waits until there are some: in the demo.
    waiting = platform.outputs()["k8s"]["fulfilment_queue_url"]
    for url in [waiting, *(queue.queue.url for queue in find_dead_letter_queues(platform.place))]:
        platform.client("sqs").purge_queue(QueueUrl=url)
    code = demo.run([pattern], stay=False, seed=11, orders=40)
    printed = capsys.readouterr().out
    assert code == 0, printed
    left = {x.name: x.queue.held for x in find_dead_letter_queues(platform.place) if x.queue.held}
    assert left == {}, "dead letters that the demo left"
    pages = re.findall(r"^a sales report, for a browser: (.+)$", printed, re.MULTILINE)
    assert len(pages) == (pattern == "batch")
    assert all("<svg" in Path(page).read_text() for page in pages)
