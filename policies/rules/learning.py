"""The register of models: it reaches nothing by itself, and nobody reaches it from outside."""

from plan.model import PlannedResource
from policies.require import items, require
from policies.review import StackUnderReview
from policies.rule import Severity, rule
from policies.types import LEARNING_WORKSPACE
from policies.verdict import PASSED, Verdict, all_of, refused


@rule(
    "learning.network-is-approved-only",
    title="The register of models reaches what is approved, and is reached privately",
    severity=Severity.HIGH,
    applies_to=LEARNING_WORKSPACE,
    fix="leave managedNetwork.isolationMode AllowOnlyApprovedOutbound, without rules by host name",
    example="a workspace with isolationMode AllowInternetOutbound",
    # Not isolationMode: a notebook may reach something by it.
    remediate=(
        "publicNetworkAccess",
        "allowPublicAccessWhenBehindVnet",
        "serverlessComputeSettings.serverlessComputeNoPublicIP",
    ),
)
def approved_only(workspace: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A notebook that reaches the internet is a way out for every dataset it can read."""
    rules = workspace.get("managedNetwork.outboundRules")
    named = (
        [item for item in items(list(rules.values())) if str(item.get("type")) == "FQDN"]
        if isinstance(rules, dict)
        else []
    )
    return all_of(
        [
            require(workspace, "managedNetwork.isolationMode", equals="AllowOnlyApprovedOutbound"),
            require(workspace, "publicNetworkAccess", equals="Disabled"),
            require(workspace, "allowPublicAccessWhenBehindVnet", equals=False, default=False),
            require(workspace, "serverlessComputeSettings.serverlessComputeNoPublicIP", equals=True),
            refused("has outbound rules by host name") if named else PASSED,
        ]
    )


@rule(
    "learning.uses-customer-key",
    title="The register of models is encrypted with a key the operator holds",
    severity=Severity.HIGH,
    applies_to=LEARNING_WORKSPACE,
    fix="pass key=keys.of['learning'] to the register",
    example="a workspace whose encryption is not Enabled",
)
def learning_customer_key(workspace: PlannedResource, stack: StackUnderReview) -> Verdict:
    """It can't be changed once the workspace stands."""
    return require(workspace, "encryption.status", equals="Enabled")


@rule(
    "learning.stores-take-identities",
    title="The register of models reaches its stores by identity",
    severity=Severity.HIGH,
    applies_to=LEARNING_WORKSPACE,
    fix="set systemDatastoresAuthMode to Identity and hbiWorkspace",
    example="a workspace with systemDatastoresAuthMode AccessKey",
    # Not hbiWorkspace: another value makes the workspace anew.
    remediate=("systemDatastoresAuthMode",),
)
def stores_take_identities(workspace: PlannedResource, stack: StackUnderReview) -> Verdict:
    """With access keys whoever runs a notebook reads all that the account holds."""
    return all_of(
        [
            require(workspace, "systemDatastoresAuthMode", equals="Identity"),
            require(workspace, "hbiWorkspace", equals=True),
        ]
    )
