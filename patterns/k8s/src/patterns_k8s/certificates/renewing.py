"""Takes one step after the other until nothing is left to do."""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cryptography import x509

from patterns_k8s.certificates.issuing import issue
from patterns_k8s.certificates.rotation import Step, UnreadableCertificate
from patterns_k8s.certificates.webhook import Webhook, WebhookObjects
from patterns_k8s.operator.api.answers import Conflict

__all__ = ["Renewal", "Unsettled"]

_STEPS_AT_MOST = 12
"""A turn takes four; others may write in between."""


class Unsettled(Exception):
    """Another client changes the same objects again and again."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """Renews the webhook's certificate when it is time.

    Attributes:
        webhook: the objects in the cluster.
        now: the time, with a time zone.
        sleep: waits for seconds.
        note: is told of every step that was taken.
    """

    webhook: Webhook
    now: Callable[[], dt.datetime]
    sleep: Callable[[float], Awaitable[None]]
    note: Callable[[Step], None]

    async def run(self) -> dt.datetime:
        """Go on until the certificate that is served is good for long enough; return when it ends.

        Raises:
            ClusterError: the cluster did not do what it was asked.
            ForeignCertificate: it is not ours to renew.
            UnreadableCertificate: there is nothing that could be renewed.
            Unsettled: others write the same objects all the time.
        """
        for _ in range(_STEPS_AT_MOST):
            found = await self.webhook.read(now=self.now())
            step = self._next(found)
            if step is Step.NOTHING:
                return found.rotation.serving.not_valid_after_utc
            try:
                if await self._take(step, found):
                    self.note(step)
            except Conflict:
                continue  # changed since it was read: read again
        raise Unsettled(f"not settled after {_STEPS_AT_MOST} steps: others write the webhook's objects meanwhile")

    def _next(self, found: WebhookObjects) -> Step:
        before = dt.timedelta(seconds=self.webhook.settings.renew_before_seconds)
        return found.rotation.next_step(now=self.now(), renew_before=before)

    async def _take(self, step: Step, found: WebhookObjects) -> bool:
        """Take the step; whether it was still the right one."""
        settings = self.webhook.settings
        match step:
            case Step.PREPARE:
                names = _names_of(found.rotation.serving)
                issued = issue(names, now=self.now(), seconds=settings.valid_seconds)
                await self.webhook.prepare(found, issued)
            case Step.TRUST:
                await self.webhook.trust(found, now=self.now())
            case _:
                # Since when its authority is trusted is written nowhere, so this waits from now on.
                await self.sleep(settings.trust_seconds)
                again = await self.webhook.read(now=self.now())
                if self._next(again) is not Step.TURN:
                    return False
                await self.webhook.turn(again, now=self.now())
        return True


def _names_of(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        raise UnreadableCertificate("the certificate names no server: deploy again") from None
