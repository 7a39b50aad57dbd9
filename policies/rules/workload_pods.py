"""What a pod may be told, beyond the image that was approved: nothing that changes what runs, where, or with whom."""

import re
from collections.abc import Iterable, Iterator

from plan.model import MISSING, PlannedResource
from policies.operators import is_operator, is_own_folder, writes_folder
from policies.require import items
from policies.review import StackUnderReview
from policies.rule import Judged, Severity, rule, stack_rule
from policies.settled import SHUT, Among, AtLeast, settled
from policies.types import DEPLOYMENT, PODS
from policies.verdict import PASSED, Verdict, all_of, refused, refused_for
from policies.verifier import VERIFIERS

POD = "spec.template.spec"
KINDS = ("initContainers", "containers", "ephemeralContainers")
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
STEERS = re.compile(
    r"^(LD_.*|(HTTPS?|ALL|NO|FTP)_PROXY|PYTHONPATH|PYTHONSTARTUP|HF_ENDPOINT|VLLM_API_KEY|.*_INSECURE)$"
)
"""Variables that change what a process loads or whom it calls, whatever the image."""
OFFLINE = re.compile(r"^(HF_.*_OFFLINE|TRANSFORMERS_OFFLINE|VLLM_NO_USAGE_STATS|DO_NOT_TRACK)$")
VOLUMES = frozenset({"name", "csi", "configMap", "emptyDir", "persistentVolumeClaim"})
SECRETS_DRIVER = "secrets-store.csi.k8s.io"
TOKEN_SECONDS = 3600


def _of_containers(wanted: dict[str, object]) -> dict[str, object]:
    return {f"{POD}.{kind}[*].{path}": want for kind in KINDS for path, want in wanted.items()}


def _containers(workload: PlannedResource) -> Iterator[dict[str, object]]:
    for kind in KINDS:
        yield from items(workload.get(f"{POD}.{kind}"))


def _hooks(lifecycle: object) -> bool:
    """Whether anything runs when a container starts or stops: to wait is nothing, a command or a request is."""
    hooks = lifecycle if isinstance(lifecycle, dict) else {}
    before = hooks.get("preStop", {})
    return bool(set(hooks) - {"preStop"}) or not isinstance(before, dict) or bool(set(before) - {"sleep"})


@rule(
    "workload.runs-what-the-image-says",
    title="No container is told another command, a hook, or to take its environment from elsewhere",
    severity=Severity.CRITICAL,
    applies_to=PODS,
    fix="put it into the image: what runs is what was scanned and approved",
    example="a container with a postStart hook that calls curl",
)
def runs_the_image(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A digest says which image; a command says which of its programs: a shell is in most of them."""
    shut = ("command", "stdin", "tty", "envFrom", "volumeDevices")
    hooked = [c for c in _containers(workload) if _hooks(c.get("lifecycle"))]
    return all_of(
        (
            settled(workload, {**_of_containers(dict.fromkeys(shut, SHUT)), f"{POD}.imagePullSecrets": SHUT}),
            refused(f"container {hooked[0].get('name')} has a hook that does more than wait") if hooked else PASSED,
        )
    )


@rule(
    "workload.masks-stay-on",
    title="No container lifts what its pod keeps shut: user, filters, masks, kernel settings",
    severity=Severity.CRITICAL,
    applies_to=PODS,
    fix="leave the security context to components/workload.py",
    example="a container with procMount Unmasked, or runAsUser 0",
    remediate=True,
)
def masks_on(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A container's own security context goes before its pod's: one line there undoes every rule on pods."""
    context = {
        "procMount": Among(("Default",), unset=True),
        "runAsNonRoot": Among((True,), unset=True),
        "seLinuxOptions": SHUT,
        "appArmorProfile.type": Among(("RuntimeDefault", "Localhost"), unset=True),
        "seccompProfile.type": Among(("RuntimeDefault", "Localhost"), unset=True),
    }
    users = ("runAsUser", "runAsGroup", "fsGroup")
    roots = [
        f"{path} is 0"
        for part in (*(() if is_operator(workload) else (POD,)), *(f"{POD}.{kind}[*]" for kind in KINDS))
        for key in users
        for path, value in workload.each(f"{part}.securityContext.{key}")
        if value == 0 and value is not False
    ]
    groups = workload.get(f"{POD}.securityContext.supplementalGroups")
    if isinstance(groups, list | tuple) and 0 in groups:
        roots.append("supplementalGroups holds 0")
    noted = workload.get("spec.template.metadata.annotations")
    if isinstance(noted, dict):
        roots += [f"annotation {key}" for key in noted if key.startswith(("container.apparmor", "seccomp.security"))]
    wanted = _of_containers({f"securityContext.{path}": want for path, want in context.items()})
    wanted |= {f"{POD}.securityContext.{path}": want for path, want in context.items() if path != "procMount"}
    wanted |= {f"{POD}.securityContext.sysctls": SHUT, f"{POD}.shareProcessNamespace": SHUT}
    return all_of((settled(workload, wanted), refused_for(roots)))


@rule(
    "workload.asks-the-clusters-names",
    title="Pods ask the cluster's name server, and open no port of the node",
    severity=Severity.HIGH,
    applies_to=PODS,
    fix="remove dnsPolicy, dnsConfig, hostAliases and hostPort",
    example="a pod whose hostAliases turn the registry's name to another address",
    remediate=True,
)
def clusters_names(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """Who answers for a name decides where data goes; a name server outside is told every name that is asked."""
    return settled(
        workload,
        {
            f"{POD}.dnsPolicy": Among(("ClusterFirst",), unset=True),
            f"{POD}.dnsConfig": SHUT,
            f"{POD}.hostAliases": SHUT,
            **{f"{POD}.{kind}[*].ports[*].hostPort": SHUT for kind in KINDS},
        },
    )


@rule(
    "workload.stands-where-it-is-meant",
    title="Pods run on the pool that they name, by the cluster's own scheduler and runtime",
    severity=Severity.HIGH,
    applies_to=PODS,
    fix="name the pool by nodeSelector bailiwick/pool, and tolerate its taint by key",
    example="a pod that tolerates every taint, and so runs beside the system's own",
)
def where_meant(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """The workload and GPU pools are confidential; the system pool holds what guards them."""
    selector = workload.get(f"{POD}.nodeSelector")
    pool = selector.get("bailiwick/pool") if isinstance(selector, dict) else None
    wide = [t for t in items(workload.get(f"{POD}.tolerations")) if not t.get("key")]
    urgent = str(workload.get(f"{POD}.priorityClassName")).startswith("system-")
    shut = settled(workload, {f"{POD}.{key}": SHUT for key in ("nodeName", "schedulerName", "runtimeClassName")})
    return all_of(
        (
            shut,
            PASSED if pool in ("workload", "gpu") else refused("names no pool for workloads"),
            refused("tolerates every taint") if wide else PASSED,
            refused("has a priority of the system's own") if urgent else PASSED,
        )
    )


@rule(
    "workload.mounts-what-it-reads",
    title="Volumes are memory, settings, certificates or weights, and none is written but memory",
    severity=Severity.HIGH,
    applies_to=PODS,
    fix="mount an emptyDir where writing is needed, and everything else readOnly",
    example="weights mounted for writing, or a volume from an NFS server",
)
def mounts(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A weight that a server can write is a model that nobody approved; a share elsewhere is a way out."""
    volumes = items(workload.get(f"{POD}.volumes"))
    own = [v for v in volumes if is_own_folder(workload, v)]
    strange = [
        str(v.get("name")) for v in volumes if set(v) - VOLUMES and v not in own and not _token_of_verifier(workload, v)
    ]
    memory = {volume.get("name") for volume in volumes if "emptyDir" in volume}
    memory |= {v.get("name") for v in own if writes_folder(workload)}
    written = [
        f"{container.get('name')} may write {mount.get('name')}"
        for container in _containers(workload)
        for mount in items(container.get("volumeMounts"))
        if mount.get("name") not in memory and mount.get("readOnly") is not True
    ]
    wanted = {
        **_of_containers({"volumeMounts[*].mountPropagation": Among(("None",), unset=True)}),
        **{
            f"{POD}.volumes.{index}.csi.{key}": want
            for index, v in enumerate(volumes)
            if "csi" in v
            for key, want in (("driver", SECRETS_DRIVER), ("readOnly", True))
        },
        **{
            f"{POD}.volumes.{i}.persistentVolumeClaim.readOnly": True
            for i, v in enumerate(volumes)
            if "persistentVolumeClaim" in v
        },
    }
    told = written + [f"volume {name} is of another kind" for name in strange]
    return all_of((settled(workload, wanted), refused_for(told)))


def _token_of_verifier(workload: PlannedResource, volume: dict[str, object]) -> bool:
    """The verifier of images reads its policies in the API server: it alone mounts a token for that, of an hour."""
    projected = volume.get("projected")
    sources = items(projected.get("sources")) if isinstance(projected, dict) else []
    tokens = [token for source in sources if isinstance(token := source.get("serviceAccountToken"), dict)]
    short = [token for token in tokens if token.get("expirationSeconds") == TOKEN_SECONDS and "audience" not in token]
    known = all(set(source) <= {"serviceAccountToken", "configMap", "downwardAPI"} for source in sources)
    own = workload.get("metadata.namespace") == VERIFIERS and workload.type == DEPLOYMENT
    return own and known and len(tokens) == len(short) == 1 and set(volume) == {"name", "projected"}


@rule(
    "workload.environment-steers-nothing",
    title="No variable turns a process to another host, library or secret, or a switch back on",
    severity=Severity.CRITICAL,
    applies_to=PODS,
    fix="remove the variable; certificates and tokens come from the vault as files",
    example="a container with HTTPS_PROXY, LD_PRELOAD or a value from a Secret",
)
def steers_nothing(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A proxy reads what passes, a preloaded library is the process, and a Secret lies in etcd."""
    bad = []
    for container in _containers(workload):
        for variable in items(container.get("env")):
            name, value = str(variable.get("name")), variable.get("value")
            source = variable.get("valueFrom")
            if STEERS.match(name):
                bad.append(name)
            elif OFFLINE.match(name) and value != "1":
                bad.append(f"{name}={value}")
            elif isinstance(source, dict) and set(source) - {"fieldRef", "resourceFieldRef"}:
                bad.append(f"{name} from {', '.join(source)}")
    return refused(f"sets {', '.join(bad)}") if bad else PASSED


@stack_rule(
    "workload.accounts-are-own",
    title="Every deployment runs as a service account that the plan makes for it",
    severity=Severity.HIGH,
    applies_to=(*PODS, ACCOUNT),
    fix="make the account with components/workload.py, and name it",
    example="a deployment under the namespace's default account",
)
def own_accounts(stack: StackUnderReview) -> Iterable[Judged]:
    """Rights are given by account: two workloads under one have each other's, and `default` is everybody's."""
    made = {(a.get("metadata.namespace"), a.get("metadata.name")) for a in stack.of_type(ACCOUNT)}
    for account in stack.of_type(ACCOUNT):
        wanted = {"automountServiceAccountToken": False, "imagePullSecrets": SHUT, "secrets": SHUT}
        named = account.get("metadata.name") != "default"
        yield account, all_of((settled(account, wanted), PASSED if named else refused("is everybody's account")))
    for workload in stack.of_type(*PODS):
        name = (workload.get("metadata.namespace"), workload.get(f"{POD}.serviceAccountName"))
        known = stack.partial or (name[1] not in (MISSING, "default") and name in made)
        yield (
            workload,
            all_of(
                (
                    PASSED if known else refused(f"runs as {name[1]}, which the plan doesn't make"),
                    settled(workload, {f"{POD}.serviceAccount": Among((name[1],), unset=True)}),
                )
            ),
        )


@rule(
    "workload.outlives-a-node",
    title="In prod, every deployment has two pods or more, in several zones, that are replaced one by one and watched",
    severity=Severity.MEDIUM,
    applies_to=DEPLOYMENT,
    fix="leave replicas, spread, strategy and probes to components/workload.py",
    example="a prod deployment with one replica",
)
def outlives_a_node(workload: PlannedResource, stack: StackUnderReview) -> Verdict:
    """A clinician in the middle of a note does not wait for a node to be drained."""
    probed = {f"{POD}.containers[*].{probe}": AtLeast(0) for probe in ("livenessProbe", "readinessProbe")}
    watched = all_of(
        refused(f"{path} is not set") if value is MISSING else PASSED
        for key in probed
        for path, value in workload.each(key)
    )
    strategy = settled(workload, {"spec.strategy.type": Among(("RollingUpdate",), unset=True)})
    if not stack.is_prod:
        return all_of((watched, strategy))
    wanted = {"spec.replicas": AtLeast(2), f"{POD}.topologySpreadConstraints": AtLeast(1)}
    return all_of((watched, strategy, settled(workload, wanted)))
