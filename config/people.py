"""The sections that name people: `people`, `access`, `governance`, `budget`; and `runner`, which deploys for them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import StringConstraints

from config.section import Guid, Mail, PinnedImage, Section, dial


class Budget(Section):
    """When somebody is told what it costs."""

    monthly: int = dial("Amount per month, in the subscription's billing currency.", "no one is warned", ge=1)
    contacts: tuple[Mail, ...] = dial("Who is warned.", "no one is warned", min_length=1)


class People(Section):
    """Entra object ids of the groups and persons that the platform names. No user is named by mail address."""

    cluster_admin_group: Guid = dial("Group with administration of the cluster.", "the cluster has no administrator")
    security_group: Guid = dial("Group that owns incidents.", "incidents have no owner")
    hsm_administrators: tuple[Guid, ...] = dial(
        "Initial administrators of the managed HSM; three hold its security domain.",
        "one lost key holder locks every key for ever",
        default=(),
    )


PeopleRole = Literal["platform", "clinical-ml", "security", "auditor", "break-glass"]


class Runner(Section):
    """The place that deploys."""

    image: PinnedImage = dial(
        "Image with this project and the Pulumi engine, by digest, in the stack's own registry.",
        "what deploys may change unseen",
    )
    issuer: Annotated[str, StringConstraints(pattern=r"^https://[^\s*]+$")] = dial(
        "Issuer of the pipeline's tokens, such as https://token.actions.githubusercontent.com.",
        "the pipeline needs a secret, which can be copied",
    )
    subject: Annotated[str, StringConstraints(pattern=r"^[^\s*]+$")] = dial(
        "Subject of the pipeline's tokens, exactly: one repository and one environment.",
        "any repository in the world can start a preview",
    )


class Access(Section):
    """Who may ask for which rights, and who grants them."""

    approvers_group: Guid = dial(
        "Group whose members approve the activation of a right.", "whoever is eligible grants it to himself"
    )
    approvers_owner: Guid = dial(
        "Person who owns the groups and reviews the rights each quarter.", "rights pile up, and nobody notices"
    )
    eligible: Mapping[PeopleRole, tuple[Guid, ...]] = dial(
        "Persons' object ids by role; two at least for break-glass.", "nobody can get in when it matters", default={}
    )
    conditional_access: Literal["enforced", "report-only"] = dial(
        "Whether sign-in policies hold, or only tell what they would do (dev).",
        "a stolen password is enough to get in",
        default="enforced",
    )
    directory_logs: bool = dial(
        "Send the directory's sign-in and audit logs to this stack's workspace. They are the whole tenant's: one "
        "jurisdiction of a tenant takes them, by decision of the DPO.",
        "rules that watch sign-ins watch an empty table",
        default=True,
    )


class Governance(Section):
    """Where policy holds, and who runs its playbooks."""

    management_group: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._()-]{1,90}$")] | None = dial(
        "Management group of this jurisdiction; without one, policy is assigned to the stack's subscription.",
        "policy ends at the subscription's border",
        default=None,
    )
    sentinel_principal: Guid = dial(
        "Object id of the service principal 'Azure Security Insights' in the tenant (application "
        "98785600-1bb7-4fb9-b9fa-19afe2c8a360; `az ad sp show --id` tells).",
        "Sentinel may not start the playbook that quarantines",
    )
