"""How the program talks to the private cluster: as the person or runner who deploys, never by a stored certificate."""

import base64

from pulumi import Input, InvokeOutputOptions, Output, Resource, ResourceOptions
from pulumi_azure_native import containerservice
from pulumi_kubernetes import Provider


def kubernetes_provider(
    cluster: containerservice.ManagedCluster, resource_group: Input[str], parent: Resource
) -> Provider:
    """A provider for the cluster. Its kubeconfig holds no secret: local accounts are off, and tokens come from Entra.

    Works inside the network only: the API server has no public address (docs/guides/first-deployment.md).
    """
    credentials = containerservice.list_managed_cluster_user_credentials_output(
        resource_group_name=resource_group,
        resource_name=cluster.name,
        # Else only certificates of local accounts, which are off.
        format="exec",
        opts=InvokeOutputOptions(depends_on=[cluster]),
    )
    plain: Output[str] = credentials.apply(_first)
    return Provider(
        "kubernetes",
        kubeconfig=Output.secret(plain),  # type: ignore[arg-type]  # the SDK's types forget Output
        enable_server_side_apply=True,
        # A cluster that can't be reached is an error, never an empty one.
        delete_unreachable=False,
        opts=ResourceOptions(parent=parent),
    )


def _first(found: containerservice.ListManagedClusterUserCredentialsResult) -> str:
    return base64.b64decode(found.kubeconfigs[0].value).decode() if found.kubeconfigs else ""
