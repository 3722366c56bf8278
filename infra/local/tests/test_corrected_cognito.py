"""Whom Cognito believes what.

Each test sees AWS's behaviour in a corrected emulator and another one in the emulator as it comes from PyPI. When a
newer version behaves, the second half fails: the correction can go.
"""

import base64
import json
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from patterns_local.mail.mailbox import read_mails

# The fixture's class, which importlib's mode keeps out of reach as an import.
Emulator = Any

pytestmark = pytest.mark.integration

PASSWORD = "Correct-Horse-9"


@dataclass(frozen=True)
class Pool:
    """A pool as the shop's: sign-in by email in any case, addresses verified by a code, the original kept till then."""

    emulator: Any
    id: str
    client: str

    @property
    def cognito(self) -> Any:  # noqa: ANN401 - boto3 makes its classes when it runs
        """The client."""
        return self.emulator.client("cognito-idp")

    def sign_up(self, email: str, **attributes: str) -> None:
        """Sign up with these attributes."""
        given = [{"Name": name, "Value": value} for name, value in ({"email": email} | attributes).items()]
        self.cognito.sign_up(ClientId=self.client, Username=email, Password=PASSWORD, UserAttributes=given)

    def confirmed(self, email: str) -> str:
        """Sign up and confirm by the mail's code; return the address."""
        self.sign_up(email)
        self.cognito.confirm_sign_up(ClientId=self.client, Username=email, ConfirmationCode=self.code(email))
        return email

    def code(self, email: str) -> str:
        """Return the code of the last mail to this address, once there is one."""
        deadline = time.monotonic() + 60
        while not (mails := [mail for mail in read_mails(self.emulator.mails) if email in mail.to]):
            assert time.monotonic() < deadline, f"no mail to {email}"
            time.sleep(0.05)
        return str(re.findall(r"\b\d{6}\b", mails[-1].text)[0])

    def named(self, name: str) -> str:
        """Return an address that no other pool's mails go to."""
        return f"{name}@{self.id.replace('_', '-').lower()}.example.com"

    def tokens(self, email: str) -> dict[str, str]:
        """Sign in."""
        answer = self.cognito.admin_initiate_auth(
            UserPoolId=self.id,
            ClientId=self.client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD},
        )
        found: dict[str, str] = answer["AuthenticationResult"]
        return found

    def claims(self, email: str) -> dict[str, Any]:
        """Sign in and return the ID token's claims."""
        body = self.tokens(email)["IdToken"].split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=="))
        return found

    def update(self, who: str, **attributes: str) -> Any:  # noqa: ANN401 - Cognito's answer
        """Change one's own attributes."""
        given = [{"Name": name, "Value": value} for name, value in attributes.items()]
        return self.cognito.update_user_attributes(AccessToken=self.tokens(who)["AccessToken"], UserAttributes=given)

    def user(self, email: str) -> dict[str, str]:
        """Return a user's attributes."""
        found = self.cognito.admin_get_user(UserPoolId=self.id, Username=email)["UserAttributes"]
        return {attribute["Name"]: attribute["Value"] for attribute in found}


@pytest.fixture
def pools(corrected: Emulator, uncorrected: Emulator) -> tuple[Pool, Pool]:
    """Return a pool of either emulator."""
    return _pool(corrected), _pool(uncorrected)


def _pool(emulator: Emulator, *, keep_original: bool = True) -> Pool:
    cognito = emulator.client("cognito-idp")
    settings = {"UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]}}
    pool_id = cognito.create_user_pool(
        PoolName=uuid.uuid4().hex,
        UsernameAttributes=["email"],
        UsernameConfiguration={"CaseSensitive": False},
        AutoVerifiedAttributes=["email"],
        Schema=[{"Name": "tier", "AttributeDataType": "String", "Mutable": True}],
        **(settings if keep_original else {}),
    )["UserPool"]["Id"]
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]
    client = cognito.create_user_pool_client(UserPoolId=pool_id, ClientName="web", ExplicitAuthFlows=flows)
    return Pool(emulator, pool_id, client["UserPoolClient"]["ClientId"])


def _code(call: Callable[[], Any]) -> str:
    """Return the error code of a call, empty when it succeeds."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


@pytest.mark.parametrize(
    ("attribute", "refusal"),
    [
        ("cognito:groups", "InvalidParameterException"),
        ("token_use", "InvalidParameterException"),
        ("custom:unknown", "InvalidParameterException"),
        ("email_verified", "NotAuthorizedException"),
        ("custom:tier", "NotAuthorizedException"),
    ],
)
def test_users_write_no_attribute_that_is_not_theirs(pools: tuple[Pool, Pool], attribute: str, refusal: str) -> None:
    """Neither at sign-up nor later; what signs up so in the emulator alone is in the ID token."""
    right, wrong = pools
    assert _code(lambda: right.sign_up(right.named("eve"), **{attribute: "operators"})) == refusal
    wrong.sign_up(wrong.named("eve"), **{attribute: "operators"})
    assert wrong.user(wrong.named("eve"))[attribute] == "operators"
    ada = right.confirmed(right.named("ada"))
    assert _code(lambda: right.update(ada, **{attribute: "operators"})) == refusal
    assert attribute not in right.user(ada) or right.user(ada)[attribute] == "true"
    assert right.claims(ada).get("cognito:groups") is None
    right.update(ada, name="Ada")
    assert right.claims(ada)["name"] == "Ada"


def test_a_made_up_group_was_a_group(pools: tuple[Pool, Pool]) -> None:
    """Anyone could be an operator; only an administrator can make one."""
    right, wrong = pools
    wrong.sign_up(wrong.named("eve"), **{"cognito:groups": "operators"})
    wrong.cognito.admin_confirm_sign_up(UserPoolId=wrong.id, Username=wrong.named("eve"))
    assert wrong.claims(wrong.named("eve"))["cognito:groups"] == "operators"
    assert _code(lambda: _admin_update(right, right.confirmed(right.named("ada")), "cognito:groups", "operators"))
    right.cognito.create_group(UserPoolId=right.id, GroupName="operators")
    right.cognito.admin_add_user_to_group(UserPoolId=right.id, Username=right.named("ada"), GroupName="operators")
    assert right.claims(right.named("ada"))["cognito:groups"] == ["operators"]


def _admin_update(pool: Pool, email: str, name: str, value: str) -> None:
    given = [{"Name": name, "Value": value}]
    pool.cognito.admin_update_user_attributes(UserPoolId=pool.id, Username=email, UserAttributes=given)


def test_an_address_in_another_case_is_the_same_customer(pools: tuple[Pool, Pool]) -> None:
    """It signs in, and signs nobody up."""
    right, wrong = pools
    right.confirmed(right.named("ada"))
    assert _code(lambda: right.sign_up(right.named("ada").upper())) == "UsernameExistsException"
    assert right.claims(right.named("Ada"))["email"] == right.named("ada")
    wrong.sign_up(wrong.named("ada"))
    assert _code(lambda: wrong.sign_up(wrong.named("ADA"))) == ""


def test_codes_are_not_the_same_for_everybody(pools: tuple[Pool, Pool]) -> None:
    """Whoever knows the emulator's one code confirms an address that is not theirs."""
    right, wrong = pools
    for number in range(3):
        right.sign_up(right.named(f"customer-{number}"))
        wrong.sign_up(wrong.named(f"customer-{number}"))
    codes = {right.code(right.named(f"customer-{number}")) for number in range(3)}
    assert len(codes) > 1
    assert {wrong.code(wrong.named(f"customer-{number}")) for number in range(3)} == {"123456"}


def test_an_address_is_verified_by_its_code_alone(pools: tuple[Pool, Pool]) -> None:
    """Not by an administrator's confirmation: the token says which."""
    right, wrong = pools
    assert right.claims(right.confirmed(right.named("ada")))["email_verified"] is True
    for pool, verified in ((right, False), (wrong, True)):
        pool.sign_up(pool.named("bob"))
        pool.cognito.admin_confirm_sign_up(UserPoolId=pool.id, Username=pool.named("bob"))
        assert pool.claims(pool.named("bob"))["email_verified"] is verified


def test_a_new_address_waits_for_its_code(pools: tuple[Pool, Pool]) -> None:
    """Until then the old one is the user's; the emulator alone takes any address at once, and calls it verified."""
    right, wrong = pools
    ada = right.confirmed(right.named("ada"))
    [delivery] = right.update(ada, email=right.named("new"))["CodeDeliveryDetailsList"]
    assert delivery["AttributeName"] == "email"
    assert right.claims(ada)["email"] == ada
    access = right.tokens(ada)["AccessToken"]

    def verify(code: str) -> None:
        right.cognito.verify_user_attribute(AccessToken=access, AttributeName="email", Code=code)

    good = right.code(right.named("new"))
    assert _code(lambda: verify(f"{(int(good) + 1) % 1_000_000:06}")) == "CodeMismatchException"
    verify(good)
    assert _code(lambda: verify(good)) == "ExpiredCodeException"
    claims = right.claims(right.named("new"))
    assert (claims["email"], claims["email_verified"]) == (right.named("new"), True)

    wrong.confirmed(wrong.named("ada"))
    wrong.update(wrong.named("ada"), email=wrong.named("new"))
    assert wrong.claims(wrong.named("new"))["email_verified"] is True


def test_a_new_address_is_unverified_where_the_original_is_not_kept(corrected: Emulator) -> None:
    """And an address of somebody else is refused in any case."""
    pool = _pool(corrected, keep_original=False)
    ada = pool.confirmed(pool.named("ada"))
    pool.confirmed(pool.named("bob"))
    assert _code(lambda: pool.update(ada, email=pool.named("BOB"))) == "AliasExistsException"
    pool.update(ada, email=pool.named("new"))
    assert pool.claims(pool.named("new"))["email_verified"] is False
    _admin_update(pool, pool.named("bob"), "email", pool.named("other"))
    assert pool.claims(pool.named("other"))["email_verified"] is False
