"""Each receiver's role can do what the receiver needs, and is refused the next action."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.clients import administrator
from tests.role_calls import BUS, Client, put_event, receive, secret, send
from tests.roles import Call, assumed, is_refused
from tests.stack import DeployedStack

from patterns_infra.receivers import read_receivers
from patterns_local.platform import Platform

pytestmark = pytest.mark.integration

RECEIVERS = (*read_receivers(), "bounces")
"""Every function of the stack."""
ENTRY = {"event_id": {"S": "probe"}}


def insert(table: str) -> Call:
    """Insert an entry; that it is there already is no refusal of the role."""
    statement = {"Statement": f"INSERT INTO \"{table}\" VALUE {{'event_id':'probe'}}"}
    return lambda client: client("dynamodb").batch_execute_statement(Statements=[statement])


def change(table: str) -> Call:
    """Change an entry by a statement."""
    statement = {"Statement": f"UPDATE \"{table}\" SET amount=0 WHERE event_id='probe'"}  # noqa: S608 - a name of ours
    return lambda client: client("dynamodb").batch_execute_statement(Statements=[statement])


def item(call: str, table: str, key: dict[str, Any], **more: Any) -> Call:  # noqa: ANN401 - parameters of the call
    """Read, write, change or delete one item."""
    named = "Item" if call == "put_item" else "Key"
    return lambda client: getattr(client("dynamodb"), call)(TableName=table, **{named: key}, **more)


def scan(table: str) -> Call:
    """Read a whole table."""
    return lambda client: client("dynamodb").scan(TableName=table, Limit=1)


def look_up(table: str, key: str = "event_id") -> Call:
    """Read an item by its key, as one of several."""
    asked = {table: {"Keys": [{key: {"S": "probe"}}]}}
    return lambda client: client("dynamodb").batch_get_item(RequestItems=asked)


def mail(sender: str) -> Call:
    """Send a mail."""
    text = {"Data": "probe"}
    return lambda client: client("ses").send_email(
        Source=sender,
        Destination={"ToAddresses": ["probe@example.com"]},
        Message={"Subject": text, "Body": {"Text": text}},
    )


def publish(topic: str) -> Call:
    """Publish to the topic that the receivers listen to."""
    return lambda client: client("sns").publish(TopicArn=topic, Message="probe")


def put_with_another_source(client: Client) -> None:
    """Put an event on the bus under another source."""
    client("events").put_events(Entries=[{**BUS, "Source": "patterns.elsewhere"}])


def hide(queue: str) -> Call:
    """Hide a message, one that is not there: it is the permission that is asked about."""

    def call(client: Client) -> None:
        entry = {"Id": "1", "ReceiptHandle": "probe", "VisibilityTimeout": 1}
        client("sqs").change_message_visibility_batch(QueueUrl=queue, Entries=[entry])

    return call


@pytest.fixture(scope="module")
def env(async_stack: DeployedStack) -> dict[str, dict[str, str]]:
    """Return the environment of each receiver."""
    return {name: async_stack.environment(name) for name in RECEIVERS}


@pytest.fixture(scope="module")
def topic(platform: Platform) -> str:
    """Return the topic's ARN."""
    return str(platform.outputs()["async"]["topic_arn"])


@pytest.fixture(scope="module")
def acting(platform: Platform, async_stack: DeployedStack) -> Callable[[str], Any]:
    """Return how one acts as a receiver."""
    return lambda name: assumed(platform, async_stack.function(name)["Role"].rpartition("/")[2])


Env = dict[str, dict[str, str]]


def check(platform: Platform, client: Any, allowed: list[Call], refused: list[tuple[str, Call]]) -> None:  # noqa: ANN401
    """Make the calls that must succeed, then those that must be refused by name."""
    for call in allowed:
        call(client)
    for action, call in refused:
        assert is_refused(platform, client, action, call)


def test_the_ledger_inserts_and_nothing_else(platform: Platform, acting: Any, env: Env, topic: str) -> None:  # noqa: ANN401
    """Append-only by permission: it cannot change, replace or remove an entry, and looks up none but by its id."""
    books, own = env["ledger"]["LEDGER_TABLE"], env["ledger"]
    with acting("ledger") as client:
        check(
            platform,
            client,
            [
                insert(books),
                look_up(books),
                receive(own["QUEUE_URL"]),
                hide(own["QUEUE_URL"]),
                send(own["DEAD_LETTER_URL"]),
            ],
            [
                ("dynamodb:BatchGetItem", look_up(env["notify"]["NOTIFICATIONS_TABLE"], "order_id")),
                ("dynamodb:PartiQLUpdate", change(books)),
                ("dynamodb:GetItem", item("get_item", books, ENTRY)),
                ("dynamodb:PutItem", item("put_item", books, ENTRY)),
                ("dynamodb:DeleteItem", item("delete_item", books, ENTRY)),
                ("dynamodb:Scan", scan(books)),
                ("dynamodb:PartiQLInsert", insert(env["notify"]["NOTIFICATIONS_TABLE"])),
                ("sqs:ReceiveMessage", receive(own["DEAD_LETTER_URL"])),
                ("sqs:SendMessage", send(env["partner"]["DEAD_LETTER_URL"])),
                ("sqs:ChangeMessageVisibility", hide(env["partner"]["QUEUE_URL"])),
                ("events:PutEvents", put_event),
                ("sns:Publish", publish(topic)),
                ("ses:SendEmail", mail(env["notify"]["SENDER_EMAIL"])),
                ("secretsmanager:GetSecretValue", secret(env["partner"]["PARTNER_SECRET_ARN"])),
            ],
        )


def test_the_partner_s_receiver_keeps_its_circuit(platform: Platform, acting: Any, env: Env, topic: str) -> None:  # noqa: ANN401
    """It reads its key and hides its messages; it reads neither the ledger nor mail."""
    own, circuit = env["partner"], {"circuit": {"S": "probe"}}
    with acting("partner") as client:
        check(
            platform,
            client,
            [
                item("get_item", own["CIRCUIT_TABLE"], circuit),
                item("put_item", own["CIRCUIT_TABLE"], circuit),
                secret(own["PARTNER_SECRET_ARN"]),
                hide(own["QUEUE_URL"]),
                receive(own["QUEUE_URL"]),
                send(own["DEAD_LETTER_URL"]),
            ],
            [
                ("dynamodb:DeleteItem", item("delete_item", own["CIRCUIT_TABLE"], circuit)),
                ("dynamodb:Scan", scan(own["CIRCUIT_TABLE"])),
                ("dynamodb:PartiQLInsert", insert(env["ledger"]["LEDGER_TABLE"])),
                ("dynamodb:GetItem", item("get_item", env["ledger"]["LEDGER_TABLE"], ENTRY)),
                ("secretsmanager:PutSecretValue", put_secret(own["PARTNER_SECRET_ARN"])),
                ("sqs:ChangeMessageVisibility", hide(env["ledger"]["QUEUE_URL"])),
                ("sqs:ReceiveMessage", receive(env["ledger"]["QUEUE_URL"])),
                ("events:PutEvents", put_event),
                ("sns:Publish", publish(topic)),
                ("ses:SendEmail", mail(env["notify"]["SENDER_EMAIL"])),
            ],
        )


def put_secret(name: str) -> Call:
    """Write the secret's present value again: only the permission is tested."""

    def call(client: Client) -> None:
        manager = client("secretsmanager")
        manager.put_secret_value(SecretId=name, SecretString=manager.get_secret_value(SecretId=name)["SecretString"])

    return call


def test_notify_claims_and_sends_from_one_address(platform: Platform, acting: Any, env: Env, topic: str) -> None:  # noqa: ANN401
    """It updates claims; it reads and removes none, and it cannot send from another address."""
    own, order = env["notify"], {"order_id": {"S": "probe"}}
    administrator(platform, "ses").verify_email_identity(EmailAddress="ceo@shop.example.com")
    claims, suppressed = own["NOTIFICATIONS_TABLE"], {"address_hash": {"S": "probe"}}
    with acting("notify") as client:
        check(
            platform,
            client,
            [
                item("update_item", claims, order),
                item("get_item", own["SUPPRESSIONS_TABLE"], suppressed),
                mail(own["SENDER_EMAIL"]),
                hide(own["QUEUE_URL"]),
                receive(own["QUEUE_URL"]),
                send(own["DEAD_LETTER_URL"]),
            ],
            [
                ("dynamodb:GetItem", item("get_item", claims, order)),
                ("dynamodb:PutItem", item("put_item", claims, order)),
                ("dynamodb:DeleteItem", item("delete_item", claims, order)),
                ("dynamodb:Scan", scan(claims)),
                ("dynamodb:UpdateItem", item("update_item", own["SUPPRESSIONS_TABLE"], suppressed)),
                ("ses:SendEmail", mail("ceo@shop.example.com")),
                ("events:PutEvents", put_event),
                ("sns:Publish", publish(topic)),
                ("secretsmanager:GetSecretValue", secret(env["partner"]["PARTNER_SECRET_ARN"])),
                ("sqs:ReceiveMessage", receive(own["DEAD_LETTER_URL"])),
            ],
        )


def test_outcome_speaks_for_the_shop_and_nothing_else(platform: Platform, acting: Any, env: Env, topic: str) -> None:  # noqa: ANN401
    """It has no table, no secret and no mail, and the bus only under the shop's source."""
    own = env["outcome"]
    with acting("outcome") as client:
        check(
            platform,
            client,
            [put_event, receive(own["QUEUE_URL"]), send(own["DEAD_LETTER_URL"])],
            [
                ("events:PutEvents", put_with_another_source),
                ("dynamodb:GetItem", item("get_item", env["ledger"]["LEDGER_TABLE"], ENTRY)),
                ("dynamodb:PartiQLInsert", insert(env["ledger"]["LEDGER_TABLE"])),
                ("sns:Publish", publish(topic)),
                ("ses:SendEmail", mail(env["notify"]["SENDER_EMAIL"])),
                ("secretsmanager:GetSecretValue", secret(env["partner"]["PARTNER_SECRET_ARN"])),
                ("sqs:ReceiveMessage", receive(env["ledger"]["QUEUE_URL"])),
            ],
        )


def test_operators_publish_sentences_and_no_events(platform: Platform, acting: Any, env: Env, topic: str) -> None:  # noqa: ANN401
    """To their own topic; the topic of events, books and mail are out of reach."""
    own = env["operators"]
    with acting("operators") as client:
        check(
            platform,
            client,
            [publish(own["OPERATORS_TOPIC_ARN"]), receive(own["QUEUE_URL"]), send(own["DEAD_LETTER_URL"])],
            [
                ("sns:Publish", publish(topic)),
                ("ses:SendEmail", mail(env["notify"]["SENDER_EMAIL"])),
                ("dynamodb:GetItem", item("get_item", env["ledger"]["LEDGER_TABLE"], ENTRY)),
                ("events:PutEvents", put_event),
            ],
        )


def test_bounces_give_addresses_up_and_never_take_one_back(platform: Platform, acting: Any, env: Env) -> None:  # noqa: ANN401
    """It adds to the table; it cannot read, remove or send."""
    own, suppressed = env["bounces"], {"address_hash": {"S": "probe"}}
    table, order = own["SUPPRESSIONS_TABLE"], {"order_id": {"S": "probe"}}
    with acting("bounces") as client:
        check(
            platform,
            client,
            [item("update_item", table, suppressed), send(own["DEAD_LETTER_URL"])],
            [
                ("dynamodb:GetItem", item("get_item", table, suppressed)),
                ("dynamodb:DeleteItem", item("delete_item", table, suppressed)),
                (
                    "dynamodb:UpdateItem",
                    item("update_item", env["notify"]["NOTIFICATIONS_TABLE"], order),
                ),
                ("ses:SendEmail", mail(env["notify"]["SENDER_EMAIL"])),
                ("events:PutEvents", put_event),
            ],
        )


def test_no_other_role_is_there(async_stack: DeployedStack) -> None:
    """The functions' roles are all: nothing in the stack acts with rights that no test has looked at."""
    known = {async_stack.function(name)["Role"].rpartition("/")[2] for name in RECEIVERS}
    assert set(async_stack.names("AWS::IAM::Role")) == known
