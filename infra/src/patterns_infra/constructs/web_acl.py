"""The firewall in front of the API's stage."""

from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

__all__ = ["WebAcl"]

_MANAGED = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)


class WebAcl(Construct):
    """AWS's managed rules, and a limit on the requests of one address.

    The common rules refuse bodies over 8 KB; the largest order that the shop takes is below that.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, resource_arn: str, requests_in_five_minutes: int = 2000
    ) -> None:
        """Put the firewall before ``resource_arn``, a stage of a REST API."""
        super().__init__(scope, construct_id)
        rules = [
            wafv2.CfnWebACL.RuleProperty(
                name=name,
                priority=priority,
                override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
                statement=wafv2.CfnWebACL.StatementProperty(
                    managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                        vendor_name="AWS", name=name
                    )
                ),
                visibility_config=_visible(name),
            )
            for priority, name in enumerate(_MANAGED, start=1)
        ]
        rate = wafv2.CfnWebACL.RuleProperty(
            name="RateLimit",
            priority=0,
            action=wafv2.CfnWebACL.RuleActionProperty(block={}),
            statement=wafv2.CfnWebACL.StatementProperty(
                rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                    aggregate_key_type="IP", limit=requests_in_five_minutes, evaluation_window_sec=300
                )
            ),
            visibility_config=_visible("RateLimit"),
        )
        acl = wafv2.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[rate, *rules],
            visibility_config=_visible("WebApi"),
        )
        wafv2.CfnWebACLAssociation(self, "Association", resource_arn=resource_arn, web_acl_arn=acl.attr_arn)


def _visible(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, sampled_requests_enabled=True, metric_name=name
    )
