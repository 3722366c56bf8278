"""A firewall: a web ACL of AWS's managed rules and of one's own, in front of one resource."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

__all__ = ["RATE_WINDOW_SECONDS", "WebAcl", "address_rate", "custom_rule"]

_MANAGED = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
)
RATE_WINDOW_SECONDS = 300


class WebAcl(Construct):
    """One's own rules come first, in their order, then AWS's managed rules.

    WAF keeps samples of requests, with their headers, for three hours. They show ``REDACTED`` in place of tokens.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        metric: str,
        resource_arn: str,
        rules: Sequence[wafv2.CfnWebACL.RuleProperty],
        responses: Mapping[str, wafv2.CfnWebACL.CustomResponseBodyProperty] | None = None,
        association: wafv2.CfnWebACL.AssociationConfigProperty | None = None,
        only_counted: Sequence[str] = (),
    ) -> None:
        """Put the firewall in front of a resource.

        Args:
            scope: where.
            construct_id: a noun.
            metric: the name of the ACL's metric.
            resource_arn: a stage of a REST API, or a user pool.
            rules: of one's own, without priorities.
            responses: bodies that the rules' actions name.
            association: how much of a body is inspected, where it is more than 16 KB.
            only_counted: rules of the common rule set that refuse nothing.
        """
        super().__init__(scope, construct_id)
        managed = [_managed(name, only_counted if name == "AWSManagedRulesCommonRuleSet" else ()) for name in _MANAGED]
        acl = wafv2.CfnWebACL(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[_prioritized(rule, priority) for priority, rule in enumerate([*rules, *managed])],
            custom_response_bodies=dict(responses) if responses else None,
            association_config=association,
            data_protection_config=_without_tokens(),
            visibility_config=_visible(metric),
        )
        wafv2.CfnWebACLAssociation(self, "Association", resource_arn=resource_arn, web_acl_arn=acl.attr_arn)


def address_rate(limit: int) -> wafv2.CfnWebACL.StatementProperty:
    """Match what one address sends beyond ``limit`` requests in five minutes."""
    return wafv2.CfnWebACL.StatementProperty(
        rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
            aggregate_key_type="IP", limit=limit, evaluation_window_sec=RATE_WINDOW_SECONDS
        )
    )


def custom_rule(
    name: str,
    statement: wafv2.CfnWebACL.StatementProperty,
    *,
    response: wafv2.CfnWebACL.CustomResponseProperty | None = None,
) -> wafv2.CfnWebACL.RuleProperty:
    """Return a rule that refuses what the statement matches, by ``response`` where one is given, else by a 403."""
    block = wafv2.CfnWebACL.BlockActionProperty(custom_response=response)
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=0,
        action=wafv2.CfnWebACL.RuleActionProperty(block=block),
        statement=statement,
        visibility_config=_visible(name),
    )


def _managed(name: str, only_counted: Sequence[str]) -> wafv2.CfnWebACL.RuleProperty:
    count = wafv2.CfnWebACL.RuleActionProperty(count={})
    overrides = [wafv2.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=count) for rule in only_counted]
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=0,
        override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS", name=name, rule_action_overrides=overrides or None
            )
        ),
        visibility_config=_visible(name),
    )


def _without_tokens() -> wafv2.CfnWebACL.DataProtectionConfigProperty:
    header = wafv2.CfnWebACL.FieldToProtectProperty(field_type="SINGLE_HEADER", field_keys=["authorization"])
    protect = wafv2.CfnWebACL.DataProtectProperty(action="SUBSTITUTION", field=header)
    return wafv2.CfnWebACL.DataProtectionConfigProperty(data_protections=[protect])


def _prioritized(rule: wafv2.CfnWebACL.RuleProperty, priority: int) -> wafv2.CfnWebACL.RuleProperty:
    return wafv2.CfnWebACL.RuleProperty(
        name=rule.name,
        priority=priority,
        action=rule.action,
        override_action=rule.override_action,
        statement=rule.statement,
        visibility_config=rule.visibility_config,
    )


def _visible(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, sampled_requests_enabled=True, metric_name=name
    )
