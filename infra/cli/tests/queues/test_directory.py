"""What a queue may be called, and what is said when it is not known."""

from typing import Any

import pytest

from patterns_cli.queues.directory import CannotRedrive, UnknownQueue, find_dead_letter_queues, select_queue
from patterns_cli.queues.queue import Feeder

# Classes of the fixtures, which importlib's mode keeps out of reach as an import.
Shop = Any
Box = Any


@pytest.fixture
def ledger(small_shop: Shop) -> Box:
    """Return a receiver whose stack and published names both lead to it."""
    box = small_shop.receiver("ledger")
    small_shop.stacks.queues[f"patterns-{small_shop.place.stage}-async"] = {
        "LedgerInboxDeadLettersQueue0A1B2C3D": box.letters_url,
        "LedgerInboxQueue99887766": box.url,
    }
    return box


@pytest.fixture
def web_api(small_shop: Shop) -> Box:
    """Return the web API's queue of outcomes, which only its stack knows, beside the relay's dead letters."""
    box = small_shop.receiver("outcomes", fed_by="events.amazonaws.com", published=False)
    relay, _ = small_shop.queue("relay-dead")
    small_shop.stacks.queues[f"patterns-{small_shop.place.stage}-web-api"] = {
        "OutcomesDeadLettersQueueAAAAAAAA": box.letters_url,
        "OutcomesQueueBBBBBBBB": box.url,
        "RelayDeadLettersQueueCCCCCCCC": relay,
    }
    return box


@pytest.mark.parametrize(
    "text",
    [
        *("ledger", "Ledger", "async/ledger", "LedgerInboxQueue", "LedgerInboxDeadLettersQueue", "LedgerInbox"),
        *("{stage}-ledger", "{stage}-ledger-dead", "{box.arn}", "{box.letters_arn}", "{box.url}", "{box.letters_url}"),
        "http://127.0.0.1:4566/123456789012/{stage}-ledger",
    ],
)
def test_what_a_person_may_say(small_shop: Shop, ledger: Box, text: str) -> None:
    """The receiver's name, the names that `patterns status` shows, the queues' own names, URLs and ARNs."""
    found = find_dead_letter_queues(small_shop.place)
    chosen = select_queue(found, text.format(stage=small_shop.place.stage, box=ledger))
    assert (chosen.name, chosen.pattern, chosen.queue.arn) == ("ledger", "async", ledger.letters_arn)
    assert chosen.way_back().arn == ledger.arn
    assert len(found) == 1, "several names of one queue are still one queue"


@pytest.mark.parametrize("text", ["Outcomes", "outcomes", "OutcomesDeadLetters", "OutcomesQueue", "web_api/Outcomes"])
def test_a_queue_that_only_its_stack_knows(small_shop: Shop, web_api: Box, text: str) -> None:
    """It is called after its construct."""
    chosen = select_queue(find_dead_letter_queues(small_shop.place), text)
    assert (chosen.name, chosen.way_back().arn) == ("Outcomes", web_api.arn)


@pytest.mark.usefixtures("web_api", "ledger")
def test_all_of_them_in_the_registry_s_order(small_shop: Shop) -> None:
    """Patterns that are not deployed have none."""
    found = find_dead_letter_queues(small_shop.place)
    assert [(x.pattern, x.name) for x in found] == [("web_api", "Outcomes"), ("web_api", "Relay"), ("async", "ledger")]


@pytest.mark.usefixtures("web_api", "ledger")
@pytest.mark.parametrize(
    "text",
    [
        *("ledge", "", "arn:aws:sqs:us-east-1:123456789012:somebody-elses", "async/Outcomes"),
        "http://127.0.0.1:4566/999999999999/{stage}-ledger",
    ],
)
def test_an_unknown_queue_is_answered_with_those_that_there_are(small_shop: Shop, text: str) -> None:
    """Another account's queue of the same name is unknown, too."""
    with pytest.raises(UnknownQueue, match=r"there is no queue '.*'; there are Outcomes, Relay, ledger$"):
        select_queue(find_dead_letter_queues(small_shop.place), text.format(stage=small_shop.place.stage))


def test_where_nothing_is_deployed_there_are_none(small_shop: Shop) -> None:
    """And that is said, too."""
    with pytest.raises(UnknownQueue, match="there are none: no pattern with queues is deployed"):
        select_queue(find_dead_letter_queues(small_shop.place), "ledger")


@pytest.mark.usefixtures("ledger")
def test_a_name_of_two_queues_is_asked_back(small_shop: Shop) -> None:
    """With what to say instead."""
    box = small_shop.receiver("bills", published=False)
    stack = f"patterns-{small_shop.place.stage}-web-api"
    small_shop.stacks.queues[stack] = {
        "LedgerDeadLettersQueueAAAAAAAA": box.letters_url,
        "LedgerQueueBBBBBBBB": box.url,
    }
    found = find_dead_letter_queues(small_shop.place)
    with pytest.raises(UnknownQueue, match="'ledger' is the name of several queues; say one of web_api/Ledger, async/"):
        select_queue(found, "ledger")
    assert select_queue(found, "web_api/ledger").queue.arn == box.letters_arn
    assert select_queue(found, "async/ledger").queue.arn != box.letters_arn


@pytest.mark.usefixtures("web_api")
@pytest.mark.parametrize("text", ["Relay", "RelayDeadLetters", "RelayDeadLettersQueue", "{stage}-relay-dead"])
def test_dead_letters_of_a_stream_have_no_way_back(small_shop: Shop, text: str) -> None:
    """And the error says where they must go instead."""
    relay = select_queue(find_dead_letter_queues(small_shop.place), text.format(stage=small_shop.place.stage))
    with pytest.raises(CannotRedrive, match=r"Relay belongs to no queue .* put the missing events on the event bus"):
        relay.way_back()


def test_an_order_is_not_broken(small_shop: Shop) -> None:
    """A FIFO queue's messages would come after those that they should have come before."""
    small_shop.receiver(attributes={"FifoQueue": "true"})
    (chosen,) = find_dead_letter_queues(small_shop.place)
    with pytest.raises(CannotRedrive, match=r"-ledger-dead\.fifo is a FIFO queue"):
        chosen.way_back()


def test_nobody_guesses_whose_a_shared_letter_is(small_shop: Shop, ledger: Box) -> None:
    """Two queues with one dead-letter queue: putting its messages into either would be wrong for some."""
    policy = ledger.sqs.get_queue_attributes(QueueUrl=ledger.url, AttributeNames=["RedrivePolicy"])["Attributes"]
    url, _ = small_shop.queue("second", **policy)
    small_shop.publish(partner_queue_url=url)
    (chosen,) = find_dead_letter_queues(small_shop.place)
    with pytest.raises(CannotRedrive, match="ledger keeps the dead letters of several queues"):
        chosen.way_back()


def test_a_queue_that_is_gone_is_not_in_the_way(small_shop: Shop, ledger: Box) -> None:
    """Its name may outlive it while a stack changes."""
    small_shop.receiver("partner")
    ledger.sqs.delete_queue(QueueUrl=ledger.letters_url)
    assert [x.name for x in find_dead_letter_queues(small_shop.place)] == ["partner"]


@pytest.mark.parametrize(
    ("service", "feeder"),
    [("sns.amazonaws.com", Feeder.TOPIC), ("events.amazonaws.com", Feeder.BUS), ("s3.amazonaws.com", Feeder.OTHER)],
)
def test_who_feeds_a_queue(small_shop: Shop, service: str, feeder: Feeder) -> None:
    """By its policy."""
    small_shop.receiver(fed_by=service)
    (chosen,) = find_dead_letter_queues(small_shop.place)
    assert chosen.way_back().feeder == feeder
    assert chosen.queue.feeder == Feeder.OTHER, "it has no policy"
