"""Pattern 3: EKS, ECR, SQS, SNS: a queue of orders, and a cluster whose operator runs the workers that decide them."""

from aws_cdk import ArnFormat, CfnOutput, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.alarmed_queue import AlarmedQueue
from patterns_infra.constructs.common.dashboard import Dashboard
from patterns_infra.constructs.common.image_findings import ImageFindings
from patterns_infra.constructs.common.image_repository import published_repository
from patterns_infra.constructs.common.order_event_rule import OrderEventRule
from patterns_infra.constructs.common.published_names import PublishedNames
from patterns_infra.constructs.k8s.certificate_watch import CertificateWatch
from patterns_infra.constructs.k8s.chart_repository import ChartRepository
from patterns_infra.constructs.k8s.cluster_addons import ClusterAddons
from patterns_infra.constructs.k8s.cluster_network import ClusterNetwork
from patterns_infra.constructs.k8s.kubernetes_cluster import KubernetesCluster
from patterns_infra.constructs.k8s.pod_role import PodRole
from patterns_infra.constructs.k8s.worker_firewall import WorkerFirewall
from patterns_infra.container_images import image_tag
from patterns_infra.kubernetes_names import (
    NAMESPACE,
    OPERATOR,
    OPERATOR_NAMESPACE,
    WORKER_GROUP_OUTPUT,
    WORKERS,
)
from patterns_infra.registry import Pattern
from patterns_infra.settings import Nodes, Settings
from patterns_infra.stacks.pattern_stack import PatternStack

__all__ = ["KubernetesStack"]

_NO_ACCOUNT = "<AWS::AccountId>"
"""How cdk-nag writes an account that only the deployment knows."""
_VISIBILITY = Duration.seconds(60)
"""How long a message is a worker's; it extends that while it works, and a pod that is to end has a little longer."""


class KubernetesStack(PatternStack):
    """Orders come from the event bus into a queue; pods take them and tell the topic what became of them.

    What runs in the cluster comes with the manifests, not with CloudFormation. The grants are all here: a role for the
    operator's service account and one for the workers'.
    """

    def __init__(self, scope: Construct, construct_id: str, *, pattern: Pattern, settings: Settings) -> None:
        """Compose the pattern."""
        super().__init__(scope, construct_id, pattern=pattern, settings=settings)

        self._fulfilment = self._orders_to_decide()
        images = published_repository(self, "Images", settings=settings, package=pattern.package)
        ImageFindings(self, "ImageFindings", repository=images, topic=self._alarms.topic, key=self._key)
        network = ClusterNetwork(self, "Network", settings=settings, key=self._key)
        self._kubernetes = KubernetesCluster(self, "Kubernetes", settings=settings, network=network, key=self._key)
        ClusterAddons(self, "Addons", settings=settings, cluster=self._kubernetes, network=network)
        self._certificate = CertificateWatch(
            self,
            "Certificate",
            alarms=self._alarms,
            log=self._kubernetes.application_log,
            stage=settings.stage,
        )
        self._operator()
        self._worker()
        CfnOutput(self, "ChartRegistry", value=ChartRepository(self, "Charts", settings=settings).registry)
        # In private subnets only: a pod with an interface of its own has no public address.
        if settings.nodes is Nodes.MANAGED and not network.public:
            nodes = self._kubernetes.cluster.cluster_security_group
            firewall = WorkerFirewall(self, "Firewall", network=network, nodes=nodes)
            CfnOutput(self, WORKER_GROUP_OUTPUT, value=firewall.group.security_group_id)

        PublishedNames(
            self,
            "Names",
            settings=settings,
            pattern=pattern,
            values={
                "cluster_name": self._kubernetes.cluster.cluster_name,
                "namespace": NAMESPACE,
                "worker_image": images.repository_uri_for_tag(image_tag(pattern.package)),
                "fulfilment_queue_url": self._fulfilment.queue.queue_url,
                "fulfilment_dead_letter_url": self._fulfilment.dead_letters.queue.queue_url,
            },
        )
        self._dashboard()

    def _orders_to_decide(self) -> AlarmedQueue:
        fulfilment = AlarmedQueue(
            self, "Fulfilment", settings=self._settings, alarms=self._alarms, visibility=_VISIBILITY
        )
        OrderEventRule(
            self,
            "OrderToDecide",
            description="Orders that were placed, and those that were cancelled",
            source=f"patterns.{self._settings.stage}",
            event_types=["OrderPlaced", "OrderCancelled"],
            queue=fulfilment,
        )
        return fulfilment

    def _operator(self) -> None:
        """Looks up where queue and topic are, and how long the queue is."""
        operator = self._pod_role("Operator", OPERATOR_NAMESPACE, OPERATOR)
        operator.allow(
            ["ssm:GetParameter"], self._published("k8s/fulfilment_queue_url"), self._published("async/topic_arn")
        )
        operator.allow(["sqs:GetQueueAttributes"], self._fulfilment.queue.queue_arn)

    def _worker(self) -> None:
        """Takes orders, tells the topic of another stack, sets dead letters aside; a backfill reads the orders."""
        worker = self._pod_role("Worker", NAMESPACE, WORKERS)
        worker.allow(
            [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
            ],
            self._fulfilment.queue.queue_arn,
        )
        worker.allow(["sqs:GetQueueUrl", "sqs:SendMessage"], self._fulfilment.dead_letters.queue.queue_arn)
        topic = f"patterns-{self._settings.stage}-order-events"
        worker.allow(["sns:Publish"], self.format_arn(service="sns", resource=topic))
        # The topic's key by its alias, and through the topic only: it belongs to a stack that may come later.
        keys = self.format_arn(service="kms", resource="key", resource_name="*")
        worker.allow(
            ["kms:Decrypt", "kms:GenerateDataKey"],
            keys,
            conditions={
                "StringEquals": {"kms:ViaService": f"sns.{self.region}.amazonaws.com"},
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{topic}"},
            },
        )
        acknowledge(
            worker.role,
            f"AwsSolutions-IAM5[Resource::{keys.replace(self.account, self._settings.deploy_account or _NO_ACCOUNT)}]",
            "The key of a stack that may come later has no name yet: the conditions allow one alias, through SNS only.",
        )
        orders = self.format_arn(
            service="dynamodb", resource="table", resource_name=f"patterns-{self._settings.stage}-orders"
        )
        worker.allow(["dynamodb:Scan"], orders)

    def _pod_role(self, name: str, namespace: str, service_account: str) -> PodRole:
        cluster = self._kubernetes.cluster
        return PodRole(self, name, cluster=cluster, namespace=namespace, service_account=service_account)

    def _published(self, name: str) -> str:
        """Return the ARN of a published name, of whichever pattern."""
        return self.format_arn(
            service="ssm",
            resource="parameter",
            resource_name=f"patterns/{self._settings.stage}/{name}",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )

    def _dashboard(self) -> None:
        queue = self._fulfilment
        waiting = queue.queue.metric_approximate_number_of_messages_visible(period=Duration.minutes(1))
        Dashboard(
            self,
            "Dashboard",
            alarms=self._alarms,
            graphs={
                "Orders waiting": [waiting],
                "Oldest order (s)": [queue.age],
                "Dead letters": [queue.dead_letters.visible],
                # Of a Deployment Container Insights gives these by PodName, which is the Deployment's name then:
                # https://github.com/aws/amazon-cloudwatch-agent/blob/main/translator/translate/otel/exporter/awsemf/kubernetes.go
                "Worker pods": [self._insight("replicas_ready", NAMESPACE)],
                "Restarts": [self._insight("pod_number_of_container_restarts", NAMESPACE, OPERATOR_NAMESPACE)],
                "Webhook certificate (days left)": [self._certificate.days_left],
                "Memory (%)": [self._insight("pod_memory_utilization_over_pod_limit", NAMESPACE, OPERATOR_NAMESPACE)],
            },
        )

    def _insight(self, metric: str, *namespaces: str) -> cloudwatch.IMetric:
        """Return a metric of Container Insights about what runs in these namespaces, one line for each Deployment.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-enhanced-EKS.html
        """
        places = " OR ".join(f'Namespace="{name}"' for name in namespaces)
        found = (
            f'{{ContainerInsights,ClusterName,Namespace,PodName}} MetricName="{metric}" '
            f'ClusterName="{self.stack_name}" ({places})'
        )
        return cloudwatch.MathExpression(
            expression=f"SEARCH('{found}', 'Maximum', 60)", label="", period=Duration.minutes(1)
        )
