"""The place that deploys: two jobs inside the network, which nobody reaches and which run only while they are needed.

A hosted runner can't reach a private cluster, and a self-hosted one has to call its orchestrator, whose hosts take
uploads. So the program comes as an image of the stack's own registry, by digest, and a job runs it: `preview` may be
started by the pipeline, and reads; `apply` only by a person whose right was activated with approval.

Who may start a job may also say what it runs (`containers` in the body of the request). So whoever starts `apply` can
do all that its identity can, and whoever starts `preview` can read all that it can; Azure has no right to start a job
just as it stands. What is left is to give the right on one job, for hours, after approval, and to tell of every start
of `apply`: docs/adr/0022; learn.microsoft.com/rest/api/resource-manager/containerapps/jobs/start.
learn.microsoft.com/azure/container-apps/jobs, and networking of workload profile environments. Not run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi_azure_native import app, managedidentity

from components.diagnostics import Diagnosed
from components.identity import AUDIENCE
from components.own_role import OwnRole, give
from components.registry import Registry
from components.roles import Role, grant
from components.scope import Scope
from components.tables import table

START = ("Microsoft.App/jobs/read", "Microsoft.App/jobs/start/action", "Microsoft.App/jobs/executions/read")
"""What starts a job and sees how it ended; given on one job."""
TIMEOUT = 4 * 3600
"""Seconds: a managed HSM and a cluster take most of an hour each."""


@dataclass(frozen=True, kw_only=True)
class RunnerArgs:
    """What the jobs need."""

    scope: Scope
    resource_group: Input[str]
    subnet_id: Input[str]
    registry: Registry
    cluster_id: Input[str]


class Runner(ComponentResource):
    """An internal environment, two jobs with an identity each, and the pipeline's right to start the first."""

    diagnosed: list[Diagnosed]

    def __init__(self, name: str, args: RunnerArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:runner:Runner", name, None, opts)
        self._name, self._args = name, args
        scope = args.scope
        environment = app.ManagedEnvironment(
            f"{name}-environment",
            environment_name=scope.names.of("cae", limit=60),
            resource_group_name=args.resource_group,
            location=scope.region,
            vnet_configuration=app.VnetConfigurationArgs(internal=True, infrastructure_subnet_id=args.subnet_id),
            public_network_access="Disabled",
            workload_profiles=[app.WorkloadProfileArgs(name="Consumption", workload_profile_type="Consumption")],
            app_logs_configuration=app.AppLogsConfigurationArgs(destination="azure-monitor"),
            peer_authentication=app.ManagedEnvironmentPeerAuthenticationArgs(mtls=app.MtlsArgs(enabled=True)),
            zone_redundant=bool(scope.zones) and scope.is_prod,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )
        jobs = {role: self._job(role, spec, environment) for role, spec in runner_roles().items()}
        self._apply = jobs["apply"]
        self._pipeline(jobs["preview"])
        self.diagnosed = [Diagnosed(name="runner", resource_id=environment.id)]
        self.register_outputs({"jobs": {role: job.id for role, job in jobs.items()}})

    def grant_start(self, group_id: Input[str]) -> None:
        """Let a group of people start the job that deploys, and nothing else by this."""
        give(
            f"{self._name}-apply-start-role",
            f"{self._name}-apply-start-assignment",
            scope=self._args.scope,
            role=OwnRole(title="starts deployments", description="Starts the one job that deploys.", actions=START),
            to=group_id,
            kind="Group",
            parent=self,
            on=self._apply.id,
        )

    def _identity(self, role: str) -> managedidentity.UserAssignedIdentity:
        scope = self._args.scope
        return managedidentity.UserAssignedIdentity(
            f"{self._name}-{role}-identity",
            resource_name_=scope.names.of("id", f"runner-{role}"),
            resource_group_name=self._args.resource_group,
            location=scope.region,
            tags=scope.tags("internal"),
            opts=scope.options(self),
        )

    def _job(self, role: str, spec: Mapping[str, Any], environment: app.ManagedEnvironment) -> app.Job:
        args, scope = self._args, self._args.scope
        identity = self._identity(role)
        self._may(f"{role}-role", f"runner {role}", allowed(spec), spec.get("not_actions", ()), identity, None)
        args.registry.grant_pull(f"runner-{role}", identity)
        if role == "preview":
            # `apply` has it by its own role. Nothing in the cluster comes with it: docs/adr/0022.
            grant(
                f"{self._name}-{role}-cluster",
                scope=scope,
                on=args.cluster_id,
                to=identity.principal_id,
                role=Role.CLUSTER_USER,
                parent=self,
            )
        settings = scope.config.runner
        return app.Job(
            f"{self._name}-{role}",
            # 32 characters at most.
            job_name=scope.names.of("caj", role, limit=32),
            resource_group_name=args.resource_group,
            location=scope.region,
            environment_id=environment.id,
            workload_profile_name="Consumption",
            identity=app.ManagedServiceIdentityArgs(type="UserAssigned", user_assigned_identities=[identity.id]),
            configuration=app.JobConfigurationArgs(
                trigger_type="Manual",
                # One at a time: two deployments of a stack would fight over its state.
                manual_trigger_config=app.JobConfigurationManualTriggerConfigArgs(
                    parallelism=1, replica_completion_count=1
                ),
                replica_timeout=TIMEOUT,
                replica_retry_limit=0,
                registries=[app.RegistryCredentialsArgs(server=settings.image.partition("/")[0], identity=identity.id)],
            ),
            template=app.JobTemplateArgs(
                containers=[
                    app.ContainerArgs(
                        name="bailiwick",
                        image=settings.image,
                        args=[role, scope.config.stack],
                        env=[
                            app.EnvironmentVarArgs(name="AZURE_CLIENT_ID", value=identity.client_id),
                            app.EnvironmentVarArgs(name="ARM_USE_MSI", value="true"),
                            app.EnvironmentVarArgs(name="PULUMI_SKIP_UPDATE_CHECK", value="true"),
                        ],
                        resources=app.ContainerResourcesArgs(cpu=2, memory="4Gi"),
                    )
                ]
            ),
            tags=scope.tags("confidential"),
            opts=scope.options(self),
        )

    def _pipeline(self, preview: app.Job) -> None:
        """The pipeline's identity: federated, and able to start the one job that only reads."""
        args, settings = self._args, self._args.scope.config.runner
        identity = self._identity("pipeline")
        managedidentity.FederatedIdentityCredential(
            f"{self._name}-pipeline",
            federated_identity_credential_resource_name="pipeline",
            resource_name_=identity.name,
            resource_group_name=args.resource_group,
            issuer=settings.issuer,
            subject=settings.subject,
            audiences=[AUDIENCE],
            opts=args.scope.options(self),
        )
        self._may("start-role", "runner start", START, (), identity, preview.id)

    def _may(
        self,
        label: str,
        title: str,
        actions: Sequence[str],
        not_actions: Sequence[str],
        identity: managedidentity.UserAssignedIdentity,
        on: Output[str] | None,
    ) -> None:
        give(
            f"{self._name}-{label}",
            f"{self._name}-{label}-assignment",
            scope=self._args.scope,
            role=OwnRole(
                title=title, description=f"What the {title} may do.", actions=actions, not_actions=not_actions
            ),
            to=identity.principal_id,
            kind="ServicePrincipal",
            parent=self,
            on=on,
        )


def runner_roles() -> Mapping[str, Mapping[str, Any]]:
    """`preview` and `apply`, of `runner_roles.yaml`."""
    found: Mapping[str, Mapping[str, Any]] = table("runner_roles.yaml")
    return found


def directory_permissions() -> Mapping[str, Sequence[str]]:
    """What `apply` needs of Microsoft Graph, by the type that it writes. The plan gives it none of them."""
    found: Mapping[str, Sequence[str]] = table("runner_directory.yaml")
    return found


def allowed(spec: Mapping[str, Any]) -> list[str]:
    """Its actions, and those of its providers: write, delete and actions of each by name."""
    verbs = ("write", "delete", "action")
    return [*spec["actions"], *(f"{name}/*/{verb}" for name in spec.get("providers", ()) for verb in verbs)]
