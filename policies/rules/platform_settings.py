"""The place that deploys, the registry, the sites and the budget: what was reviewed stays as it was."""

import re
from collections.abc import Iterable

from plan.arm_types import arm_types
from plan.model import UNKNOWN, PlannedResource
from policies.addresses import is_private
from policies.require import items, texts
from policies.review import StackUnderReview, absent
from policies.rule import Judged, Severity, rule, stack_rule
from policies.rules.tagging import own_tags
from policies.settled import SHUT, Among, settled
from policies.types import AZURE, CONTAINER, JOB, JOB_ENVIRONMENT, REGISTRY, REPLICATION, VAULT
from policies.verdict import PASSED, Verdict, all_of, refused, refused_for

TOKEN = "azure-native:containerregistry:Token"
CACHE = tuple(f"azure-native:containerregistry:{name}" for name in ("CacheRule", "CredentialSet", "Task", "Webhook"))
SITE = "azure-native:kubernetes:ConnectedCluster"
DELIVERY = "azure-native:kubernetesconfiguration:FluxConfiguration"
EXTENSION = "azure-native:kubernetesconfiguration:Extension"
BUDGET = "azure-native:consumption:Budget"
GROUP = "azure-native:resources:ResourceGroup"
STEERS = re.compile(r"^(.*(PASSWORD|SECRET|TOKEN|API_?KEY).*|(HTTPS?|ALL)_PROXY|LD_.*|PYTHON(PATH|STARTUP))$")
DIGEST = re.compile(r"^sha256:[0-9a-f]{64}$")
MOST_A_MONTH = 250_000
"""In the currency of the subscription: more than four of the largest stack here, and a slip of two zeros above it."""
SENT_ON = tuple(
    f"azure-native:{name}"
    for name in (
        "security:Automation",
        "managedservices:RegistrationAssignment",
        "managedservices:RegistrationDefinition",
    )
)


@rule(
    "runner.runs-the-program-alone",
    title="What deploys runs its image's program, started by hand, with no secret and no other image, disk or registry",
    severity=Severity.CRITICAL,
    applies_to=JOB,
    fix="leave jobs to components/runner.py",
    example="a job with a command of its own, an init container, or a token in its environment",
)
def program_alone(job: PlannedResource, stack: StackUnderReview) -> Verdict:
    """It may change everything: whoever changes what it runs has its rights."""
    container = "template.containers[*]"
    told = [str(a) for c in items(job.get("template.containers")) for a in _strange(c, stack)]
    own = f".{stack.jurisdiction.cloud.suffixes['registry']}"
    servers = [str(v) for _, v in job.each("configuration.registries[*].server") if not str(v).endswith(own)]
    return all_of(
        (
            settled(
                job,
                {
                    f"{container}.command": SHUT,
                    "template.initContainers": SHUT,
                    "template.volumes": SHUT,
                    "configuration.secrets": SHUT,
                    "configuration.scheduleTriggerConfig": SHUT,
                    "configuration.eventTriggerConfig": SHUT,
                    "configuration.identitySettings": SHUT,
                    "configuration.registries[*].passwordSecretRef": SHUT,
                },
            ),
            refused(f"is told {', '.join(told)}") if told else PASSED,
            refused(f"takes images from {', '.join(servers)}") if servers else PASSED,
        )
    )


def _strange(container: dict[str, object], stack: StackUnderReview) -> list[str]:
    arguments = texts(container.get("args"))
    told = [] if arguments[:1] in (["preview"], ["apply"]) and arguments[1:] == [stack.plan.stack] else [str(arguments)]
    variables = items(container.get("env"))
    return told + [str(v.get("name")) for v in variables if STEERS.match(str(v.get("name"))) or v.get("secretRef")]


@rule(
    "runner.place-tells-its-own-logs",
    title="The place that deploys encrypts between its parts, logs to the workspace alone, and has no name of its own",
    severity=Severity.HIGH,
    applies_to=JOB_ENVIRONMENT,
    fix="leave the environment to components/runner.py",
    example="an environment that sends its logs with a key, or to a vendor",
    remediate=("peerAuthentication.mtls.enabled", "peerTrafficConfiguration.encryption.enabled"),
)
def own_logs(place: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A log sent with a key is a key in the plan; a vendor's collector is a way out."""
    shut = (
        "appLogsConfiguration.logAnalyticsConfiguration",
        "openTelemetryConfiguration",
        "daprAIConnectionString",
        "daprAIInstrumentationKey",
        "appInsightsConfiguration",
        "customDomainConfiguration",
        "ingressConfiguration",
    )
    return settled(
        place,
        {
            **dict.fromkeys(shut, SHUT),
            "appLogsConfiguration.destination": "azure-monitor",
            "peerAuthentication.mtls.enabled": True,
            "peerTrafficConfiguration.encryption.enabled": Among((True,), unset=True),
        },
    )


@rule(
    "registry.has-no-side-door",
    title="The registry admits no address or task, hands out no password, caches nobody's images, and builds none",
    severity=Severity.CRITICAL,
    applies_to=(REGISTRY, TOKEN, *CACHE),
    fix="leave the registry to components/registry.py; images are imported by digest",
    example="a cache rule for docker.io, or a token with a password in the plan",
    # Not sign-in by ARM's tokens: some of Azure's services know no other.
    remediate=("networkRuleSet.defaultAction",),
)
def no_side_door(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A cache brings in what its source serves today; a webhook tells somebody of every push."""
    if item.type in CACHE:
        return refused("brings in, builds or tells what nobody approved")
    if item.type == TOKEN:
        return settled(item, {"credentials": SHUT})
    return settled(
        item,
        {
            "networkRuleSet.defaultAction": "Deny",
            "networkRuleSet.ipRules": SHUT,
            "networkRuleBypassAllowedForTasks": SHUT,
            "policies.azureADAuthenticationAsArmPolicy.status": "disabled",
        },
    )


@rule(
    "registry.copies-survive-a-zone",
    title="A copy of the registry stands in zones where its region has them",
    severity=Severity.LOW,
    applies_to=REPLICATION,
    fix="set zoneRedundancy to Enabled",
    example="a replication without zones in a region with three",
)
def copies_zonal(copy: PlannedResource, stack: StackUnderReview) -> Verdict:
    """It is used on the day that the first region is gone; that day has enough troubles."""
    region = stack.jurisdiction.regions.get(str(copy.get("location")).lower())
    return settled(copy, {"zoneRedundancy": "Enabled"}) if region is not None and region.zones else PASSED


@stack_rule(
    "edge.delivery-is-of-one-release",
    title="A site takes one release by its digest, with this stack's vault and models, and nothing from elsewhere",
    severity=Severity.CRITICAL,
    applies_to=(DELIVERY, SITE, VAULT),
    fix="leave the delivery to components/edge_site.py; docs/guides/edge-site.md says where the digest comes from",
    example="a delivery of ./latest, or with substitutions from a ConfigMap on the site",
)
def one_release(stack: StackUnderReview) -> Iterable[Judged]:
    """What a site runs is decided here, where it is judged, or nowhere."""
    vaults = {str(vault.get("vaultName")) for vault in stack.of_type(VAULT)}
    for delivery in stack.of_type(DELIVERY):
        told: list[str] = []
        for path, value in delivery.each("kustomizations[*].postBuild.substitute"):
            known = value if isinstance(value, dict) else {}
            digests = {key: v for key, v in known.items() if key.endswith("_digest") or key == "release"}
            told += [f"{path}.{key} is {v}" for key, v in digests.items() if not DIGEST.match(str(v))]
            told += [f"{path} lacks {key}" for key in ("model_sha256", "prompt_sha256") if known and not known.get(key)]
            # The vault's name is an output: before it is made, only where the delivery takes it from is known.
            unborn = known.get("vault") is UNKNOWN
            from_vault = unborn and any(origin.type == VAULT for origin in stack.targets(delivery, f"{path}.vault"))
            if vaults and known.get("vault") not in (None, *vaults) and not from_vault:
                told.append(f"{path}.vault is {known.get('vault')}")
            told += [
                f"{path}.{key} is {known[key]}" for key in ("clients", "proxy", "endpoints") if _public(known.get(key))
            ]
            release = str(known.get("release")).removeprefix("sha256:")
            place = delivery.get(path.rsplit(".postBuild", 1)[0] + ".path")
            told += [f"takes {place}"] if known and place != f"./{release}" else []
        shut = settled(
            delivery,
            {
                "kustomizations[*].postBuild.substituteFrom": SHUT,
                "ociRepository": SHUT,
                "gitRepository": SHUT,
                "bucket": SHUT,
                "suspend": SHUT,
                "azureBlob.sasToken": SHUT,
                "azureBlob.accountKey": SHUT,
                "azureBlob.localAuthRef": SHUT,
                "azureBlob.servicePrincipal": SHUT,
            },
        )
        yield delivery, all_of((shut, refused_for(told)))


def _public(value: object) -> bool:
    if not isinstance(value, str):
        return False
    return not is_private(value)


@stack_rule(
    "edge.extensions-are-the-known-ones",
    title="Clusters have the extensions that were reviewed, of the stable train, with the settings that part tenants",
    severity=Severity.HIGH,
    applies_to=(EXTENSION, "azure-native:storage:StorageAccount", CONTAINER),
    fix="leave extensions to components/edge_site.py and components/backup.py",
    example="an extension of the preview train, or flux without multiTenancy.enforce",
)
def known_extensions(stack: StackUnderReview) -> Iterable[Judged]:
    """An extension runs with the cluster's own rights."""
    stores = {account.get("accountName") for account in stack.of_type("azure-native:storage:StorageAccount")}
    buckets = {(c.get("accountName"), c.get("containerName")) for c in stack.of_type(CONTAINER)}
    for extension in stack.of_type(EXTENSION):
        settings = extension.get("configurationSettings")
        told = settings if isinstance(settings, dict) else {}
        kind, bad = str(extension.get("extensionType")).lower(), []
        if kind not in KNOWN_EXTENSIONS:
            bad.append(f"is a {kind}")
        if kind == "microsoft.flux":
            bad += [f"{key} is {told.get(key)}" for key, want in FLUX.items() if told.get(key) != want]
        store = told.get("configuration.backupStorageLocation.config.storageAccount")
        bucket = (store, told.get("configuration.backupStorageLocation.bucket"))
        if store is not None and stores and (store not in stores or bucket not in buckets) and not stack.partial:
            bad.append(f"writes to {bucket[1]} of {store}")
        own = told.get("configuration.backupStorageLocation.config.subscriptionId")
        ids = {str(r.id).split("/")[2] for r in stack.of_type(GROUP) if isinstance(r.id, str) and r.id[:1] == "/"}
        if own is not None and ids and own not in ids:
            bad.append(f"writes to subscription {own}")
        shut = ("plan", "configurationProtectedSettings", "aksAssignedIdentity")
        wanted = {**dict.fromkeys(shut, SHUT), "releaseTrain": Among(("stable",), unset=True)}
        yield extension, all_of((settled(extension, wanted), refused_for(bad)))


KNOWN_EXTENSIONS = frozenset(
    {
        "microsoft.dataprotection.kubernetes",
        "microsoft.certmanagement",
        "microsoft.azuredefender.kubernetes",
        "microsoft.flux",
        "microsoft.policyinsights",
        "microsoft.azure.secretstore",
    }
)
FLUX = {
    "multiTenancy.enforce": "true",
    "image-automation-controller.enabled": "false",
    "image-reflector-controller.enabled": "false",
}


@stack_rule(
    "tagging.spending-is-watched",
    title="The subscription has a budget of a plausible size, for all of it and for good, and its owner is told",
    severity=Severity.LOW,
    applies_to=BUDGET,
    fix="run bailiwick budget, and name the contact in Pulumi.<stack>.yaml",
    example="a budget without notifications",
)
def spending_watched(stack: StackUnderReview) -> Iterable[Judged]:
    """A bill is often the first to tell of a stolen identity: it mines."""
    budgets = stack.of_type(BUDGET)
    if not budgets:
        yield from absent(stack, "the subscription has no budget")
    owners = {str(g.get("tags.owner")).rpartition("@")[2] for g in stack.of_type(GROUP)}
    for budget in budgets:
        told = budget.get("notifications")
        notes = [n for n in told.values() if isinstance(n, dict)] if isinstance(told, dict) else []
        mails = [mail for note in notes for mail in texts(note.get("contactEmails"))]
        dead = [
            n for n in notes if n.get("enabled") is not True or not n.get("contactEmails") or _late(n.get("threshold"))
        ]
        strange = [m for m in mails if owners and not m.endswith(tuple(owners))]
        amount = budget.get("amount")
        size = isinstance(amount, int | float) and 0 < amount <= MOST_A_MONTH
        shut = settled(budget, {"filter": SHUT, "timePeriod.endDate": SHUT})
        yield (
            budget,
            all_of(
                (
                    shut,
                    refused("a notification is off, late or goes to nobody") if dead or not notes else PASSED,
                    refused(f"tells {', '.join(strange)}") if strange else PASSED,
                    PASSED if size else refused(f"is {amount}"),
                )
            ),
        )


def _late(threshold: object) -> bool:
    return not isinstance(threshold, int | float) or threshold > 120


@rule(
    "tagging.parts-are-tagged-too",
    title="Whatever carries tags carries all of them",
    severity=Severity.MEDIUM,
    applies_to=AZURE,
    fix="pass tags=scope.tags(<class of data>)",
    example="a dashboard that says whose it is and not which class of data it shows",
    remediate=own_tags,
)
def parts_tagged(resource: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A tag that is missing on one thing is a question that nobody can answer of it."""
    tags = resource.get("tags")
    if not isinstance(tags, dict) or resource.type not in arm_types() or "prompt" in tags:
        return PASSED
    missing = [key for key in ("jurisdiction", "environment", "data-classification", "owner") if not tags.get(key)]
    return refused(f"lacks tag {', '.join(missing)}") if missing else PASSED


@rule(
    "residency.nobody-else-manages",
    title="No other tenant manages the subscription, and no finding is sent on",
    severity=Severity.CRITICAL,
    applies_to=SENT_ON,
    fix="remove it; who helps from outside is a guest with an eligible right, and is reviewed",
    example="a Lighthouse registration, which lets another tenant's people act here",
)
def nobody_else(item: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Lighthouse gives rights to people whom this tenant's sign-in policies never see."""
    return refused("lets somebody outside act or see")
