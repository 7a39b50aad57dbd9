"""The place that deploys: no way in, a pinned program, and a pipeline that can start nothing but a preview."""

from collections.abc import Iterable

from plan.model import PlannedResource
from policies.require import given, items, require, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.types import ASSIGNMENT, FEDERATED, IDENTITY, JOB, JOB_ENVIRONMENT, ROLE_DEFINITION
from policies.verdict import PASSED, Verdict, all_of, refused

START = frozenset({"Microsoft.App/jobs/read", "Microsoft.App/jobs/start/action", "Microsoft.App/jobs/executions/read"})
KEYS = frozenset(
    {
        "Microsoft.Storage/storageAccounts/listKeys/action",
        "Microsoft.OperationalInsights/workspaces/sharedKeys/action",
        "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action",
    }
)
"""Actions that hand out what gets around every identity."""


@rule(
    "runner.has-no-way-in",
    title="Nobody reaches the place that deploys",
    severity=Severity.CRITICAL,
    applies_to=JOB_ENVIRONMENT,
    fix="leave the environment internal, in the runner's subnet, with publicNetworkAccess Disabled",
    example="a managed environment with publicNetworkAccess Enabled",
    # Not vnetConfiguration: another value makes the environment anew.
    remediate=("publicNetworkAccess",),
)
def no_way_in(environment: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who gets in there deploys."""
    return all_of(
        [
            require(environment, "publicNetworkAccess", equals="Disabled"),
            require(environment, "vnetConfiguration.internal", equals=True),
            given(environment, "vnetConfiguration.infrastructureSubnetId"),
        ]
    )


@rule(
    "runner.runs-a-pinned-program",
    title="What deploys is an image by digest, started by hand, one at a time",
    severity=Severity.HIGH,
    applies_to=JOB,
    fix="name the image by digest under runner.image",
    example="a job whose image is bailiwick/runner:latest",
    remediate=("configuration.manualTriggerConfig.parallelism",),
)
def pinned_program(job: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Whoever can move a tag could deploy."""
    return all_of(
        [
            require(job, "template.containers[*].image", matches=r"@sha256:[0-9a-f]{64}$"),
            require(job, "configuration.triggerType", equals="Manual"),
            require(job, "configuration.manualTriggerConfig.parallelism", equals=1),
            require(job, "configuration.secrets", absent=True),
            given(job, "configuration.registries[*].identity"),
            require(job, "configuration.registries[*].passwordSecretRef", absent=True),
        ]
    )


@stack_rule(
    "runner.pipeline-starts-previews-only",
    title="The pipeline can start the job that reads, and do nothing else",
    severity=Severity.CRITICAL,
    applies_to=(FEDERATED, ASSIGNMENT, ROLE_DEFINITION, JOB),
    fix="let components/runner.py give it its role on the preview job",
    example="a pipeline's identity that may start the apply job",
)
def previews_only(stack: StackUnderReview) -> Iterable[Judged]:
    """A pull request's author writes what the pipeline runs."""
    if not stack.of_type(JOB):
        yield from absent(stack, "no job that deploys is planned")
    outside = stack.parts(FEDERATED, "resourceName", IDENTITY, "resourceName")
    for identity in stack.of_type(IDENTITY):
        credentials = outside.get(identity.urn, ())
        if not any(not str(item.get("subject")).startswith("system:serviceaccount:") for item in credentials):
            continue
        principal = identity.outputs.get("principalId")
        for assignment in stack.of_type(ASSIGNMENT):
            origins = assignment.property_dependencies.get("principalId", ())
            known = isinstance(principal, str) and assignment.get("principalId") == principal
            if identity.urn not in origins and not known:
                continue
            roles = stack.targets(assignment, "roleDefinitionId")
            permissions = [item for role in roles for item in items(role.get("permissions"))]
            actions = {text for item in permissions for text in texts(item.get("actions"))}
            targets = [found for found in stack.targets(assignment, "scope") if found.type == JOB]
            previews = [job for job in targets if _previews(job)]
            wide = sorted(actions - START)
            yield (
                assignment,
                all_of(
                    [
                        PASSED if roles else refused("holds a built-in role"),
                        refused(f"allows {', '.join(wide)}") if wide else PASSED,
                        PASSED if targets and previews == targets else refused("is not on the preview job alone"),
                    ]
                ),
            )


def _previews(job: PlannedResource) -> bool:
    return any(word == "preview" for _, word in job.each("template.containers[*].args[*]"))


@rule(
    "runner.reads-no-data",
    title="What deploys makes stores and reads none",
    severity=Severity.HIGH,
    applies_to=ROLE_DEFINITION,
    fix="leave dataActions empty, and the keys among not_actions of components/runner_roles.yaml",
    example="a deploying role that may list the keys of storage accounts",
)
def reads_no_data(definition: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A deployment's log is read by many; what it can't read can't stand there."""
    if "runner apply" not in str(definition.get("roleName")):
        return PASSED
    permissions = items(definition.get("permissions"))
    withheld = {text for item in permissions for text in texts(item.get("notActions"))}
    data = [text for item in permissions for text in texts(item.get("dataActions"))]
    missing = sorted(KEYS - withheld)
    return all_of(
        [
            refused(f"reads data by {', '.join(data)}") if data else PASSED,
            refused(f"does not withhold {', '.join(missing)}") if missing else PASSED,
        ]
    )
