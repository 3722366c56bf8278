"""``python -m patterns_k8s.certificates``: renews the webhook's certificate if it is time.

Exit codes: 0 done, or nothing to do; 2 there is nothing that could be renewed, or no right to; 75 try again.
"""

import asyncio
import datetime as dt
import json
import os
import sys

import kopf

from patterns_k8s.certificates.renewing import Renewal, Unsettled
from patterns_k8s.certificates.rotation import Step, UnreadableCertificate
from patterns_k8s.certificates.settings import CertificateSettings
from patterns_k8s.certificates.webhook import ForeignCertificate, Webhook
from patterns_k8s.operator.api.answers import ClusterError, Unavailable
from patterns_k8s.operator.api.connection import Connection
from patterns_k8s.operator.api.credentials import NoCluster, connect
from patterns_shared.adapters.clock import utc_now
from patterns_shared.environment import InvalidSetting, MissingSetting

__all__ = ["main"]

_BAD_INPUT = 2
_TRY_AGAIN = 75


def main() -> int:
    """Renew it."""
    try:
        settings = CertificateSettings.from_environment(os.environ)
        ends = asyncio.run(_renew(settings))
    except ForeignCertificate as error:
        _say(str(error))
        return 0
    except (Unavailable, Unsettled) as error:
        return _give_up(error, _TRY_AGAIN)
    except (MissingSetting, InvalidSetting, NoCluster, UnreadableCertificate, ClusterError) as error:
        return _give_up(error, _BAD_INPUT)
    _say("the certificate is good", until=ends.isoformat())
    return 0


async def _renew(settings: CertificateSettings) -> dt.datetime:
    connection = Connection(lambda: connect(kopf.OperatorSettings()))
    try:
        return await Renewal(Webhook(connection, settings), utc_now, asyncio.sleep, _note).run()
    finally:
        await connection.close()


def _note(step: Step) -> None:
    said = {
        Step.PREPARE: "the next certificate is made",
        Step.TRUST: "the API server trusts the authorities that it has to, and none that has ended",
        Step.TURN: "the next certificate is served from now on",
    }
    _say(said[step])


def _say(message: str, **more: str) -> None:
    sys.stdout.write(json.dumps({"message": message, **more}) + "\n")
    sys.stdout.flush()


def _give_up(error: Exception, code: int) -> int:
    sys.stderr.write(f"patterns_k8s.certificates: {error}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
