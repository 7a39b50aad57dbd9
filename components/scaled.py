"""A deployment that scales by its processors, and how many of its pods may be away at once."""

from collections.abc import Mapping

from pulumi_kubernetes.autoscaling import v2 as autoscaling
from pulumi_kubernetes.meta import v1 as meta
from pulumi_kubernetes.policy import v1 as policy

from components.workload import Place


def available(name: str, place: Place, *, match: Mapping[str, str], least: int, most: int, cpu_percent: int) -> None:
    """Budget and scaler of the deployment that bears its namespace's name."""
    policy.PodDisruptionBudget(
        f"{name}-budget",
        metadata=meta.ObjectMetaArgs(name=place.name, namespace=place.name),
        spec=policy.PodDisruptionBudgetSpecArgs(
            max_unavailable=1,
            # A pod that does not work keeps nobody's place: it would block every upgrade of its node.
            unhealthy_pod_eviction_policy="AlwaysAllow",
            selector=meta.LabelSelectorArgs(match_labels=dict(match)),
        ),
        opts=place.options,
    )
    autoscaling.HorizontalPodAutoscaler(
        f"{name}-scaling",
        metadata=meta.ObjectMetaArgs(name=place.name, namespace=place.name),
        spec=autoscaling.HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=autoscaling.CrossVersionObjectReferenceArgs(
                api_version="apps/v1", kind="Deployment", name=place.name
            ),
            min_replicas=least,
            max_replicas=most,
            metrics=[
                autoscaling.MetricSpecArgs(
                    type="Resource",
                    resource=autoscaling.ResourceMetricSourceArgs(
                        name="cpu",
                        target=autoscaling.MetricTargetArgs(type="Utilization", average_utilization=cpu_percent),
                    ),
                )
            ],
        ),
        opts=place.options,
    )
