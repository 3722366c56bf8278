"""What the program that renews the certificate is told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from patterns_shared.environment import seconds, text, whole

__all__ = ["CertificateSettings"]

_YEAR = 365 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateSettings:
    """Its environment.

    Attributes:
        namespace: ``NAMESPACE`` of the operator.
        secret: ``WEBHOOK_SECRET``, which has ``tls.crt`` and ``tls.key`` for the operator's pods.
        configuration: ``WEBHOOK_CONFIGURATION``, the ValidatingWebhookConfiguration by which the API server calls.
        valid_seconds: ``CERTIFICATE_SECONDS`` for which a new certificate is good; it is renewed after two thirds.
        trust_seconds: ``TRUST_SECONDS`` from the moment when an authority is to be trusted until its certificate is
            served: every API server of a cluster has to hear of it.
    """

    namespace: str
    secret: str
    configuration: str
    valid_seconds: int
    trust_seconds: float

    @property
    def renew_before_seconds(self) -> float:
        """Seconds before its end at which a certificate is renewed."""
        return self.valid_seconds / 3

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "CertificateSettings":
        """Read the settings.

        Raises:
            MissingSetting: naming the first variable that is absent or empty.
            InvalidSetting: naming the first variable that has an impossible value.
        """
        return cls(
            namespace=text(environment, "NAMESPACE"),
            secret=environment.get("WEBHOOK_SECRET") or "patterns-operator-webhook",
            configuration=environment.get("WEBHOOK_CONFIGURATION") or "patterns-operator",
            valid_seconds=whole(environment, "CERTIFICATE_SECONDS", _YEAR),
            trust_seconds=seconds(environment, "TRUST_SECONDS", 60.0),
        )
