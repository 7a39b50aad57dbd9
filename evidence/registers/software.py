"""The register of software: what a plan deploys, as far as the plan says it.

Images by digest, models by revision, and what Azure runs by the version that is asked for. What is inside an image is
in that image's own bill of materials (`model_images/gateway` makes one), not here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from evidence.pack.subject import Subject
from plan.model import Plan, PlannedResource, Value
from plan.reachability.reading import rows, text
from policies.serving import Named, servers, sites

_CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers")
_FLUX: Final = "azure-native:kubernetesconfiguration:FluxConfiguration"
_DIGEST: Final = "sha256:"
NOT_TOLD: Final = ""
"""A version that the plan does not say: Azure chooses it, or it is known only after deployment."""


@dataclass(frozen=True, kw_only=True)
class Software:
    """One thing that runs, in one version."""

    kind: str
    """`image`, `model`, `system` (of a machine or node), `service` (that Azure runs), `extension` or `chart`."""
    name: str
    """An image's repository, a model's name, or what its maker calls it."""
    version: str = NOT_TOLD
    registry: str = ""
    """Of an image."""
    sha256: str = ""
    """Of an image's manifest, or of a model's; empty where the plan pins none."""
    maker: str = ""
    notes: tuple[str, ...] = ()
    """What decides its version where the plan does not."""
    resources: tuple[str, ...] = field(default=())
    """URNs of what deploys it."""


def software(subject: Subject) -> tuple[Software, ...]:
    """Everything, each version once, with every resource that deploys it; by kind, name and version."""
    plan = subject.plan
    found: dict[Software, set[str]] = {}
    for resource, item in (*_images(plan), *_edge_images(plan), *_models(subject), *_azure(plan), *_charts(plan)):
        found.setdefault(item, set()).add(resource.urn)
    whole = [replace(item, resources=tuple(sorted(urns))) for item, urns in found.items()]
    return tuple(sorted(whole, key=lambda item: (item.kind, item.name, item.version, item.sha256, item.registry)))


Found = Iterator[tuple[PlannedResource, Software]]


def _images(plan: Plan) -> Found:
    """Of every container, in whatever form a resource holds it: pods, jobs of Container Apps, container groups."""
    for resource in plan.resources:
        for container in _containers(resource.inputs):
            value = container.get("image")
            inner = container.get("properties")
            value = inner.get("image") if value is None and isinstance(inner, Mapping) else value
            if value is not None:
                yield resource, _image(value)


def _containers(value: Value) -> Iterator[Mapping[str, Value]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in _CONTAINERS:
                yield from rows(inner)
            yield from _containers(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _containers(inner)


def _image(value: Value) -> Software:
    if not isinstance(value, str):
        return Software(kind="image", name="known only after deployment")
    name, _, digest = value.partition("@")
    registry, slash, repository = name.partition("/")
    # A first part without a dot or a port is a repository of Docker Hub's: distribution/reference's own rule.
    if not slash or not ("." in registry or ":" in registry or registry == "localhost"):
        registry, repository = "docker.io", name
    repository, _, tag = repository.partition(":")
    sha256 = digest.removeprefix(_DIGEST) if digest.startswith(_DIGEST) else ""
    return Software(kind="image", name=repository, version=tag or digest, registry=registry, sha256=sha256)


def _edge_images(plan: Plan) -> Found:
    """What a site is told by its flux configuration: `<part>_digest` of each image, in one registry."""
    from models.images import load  # a stack without a site need not wait for it

    known = {version.digest: name for name, image in load().images.items() for version in image.versions}
    for resource in plan.of_type(_FLUX):
        for _, told in resource.each("kustomizations[*].postBuild.substitute"):
            if not isinstance(told, Mapping):
                continue
            registry = str(told.get("registry", ""))
            for key, digest in sorted(told.items()):
                if key.endswith("_digest") and isinstance(digest, str) and digest.startswith(_DIGEST):
                    name = known.get(digest, key.removesuffix("_digest").replace("_", "-"))
                    sha256 = digest.removeprefix(_DIGEST)
                    yield (
                        resource,
                        Software(kind="image", name=name, version=digest, registry=registry, sha256=sha256),
                    )


def _models(subject: Subject) -> Found:
    for server in servers(subject.stack):
        yield server.resource, _model(server.model)
    for site in sites(subject.stack):
        yield site.resource, _model(site.model)


def _model(named: Named) -> Software:
    return Software(kind="model", name=named.name or "not named", version=named.revision, sha256=named.sha256)


def _azure(plan: Plan) -> Found:
    yield from _asked(plan, "azure-native:containerservice:ManagedCluster", "Azure Kubernetes Service", _KUBERNETES)
    yield from _asked(plan, "azure-native:dbforpostgresql:Server", "PostgreSQL", "version")
    yield from _asked(
        plan, "azure-native:kubernetes:ConnectedCluster", "Arc agents", "arcAgentProfile.desiredAgentVersion"
    )
    yield from _nodes(plan)
    for machine in plan.of_type("azure-native:compute:VirtualMachine", "azure-native:compute:VirtualMachineScaleSet"):
        yield from _system(machine)
    for extension in plan.of_type("azure-native:compute:VirtualMachineExtension"):
        notes = ("Azure updates it",) if extension.get("enableAutomaticUpgrade") is True else ()
        name, maker = _word(extension.get("type")), _word(extension.get("publisher"))
        version = _word(extension.get("typeHandlerVersion"))
        yield extension, Software(kind="extension", name=name, maker=maker, version=version, notes=notes)
    for extension in plan.of_type("azure-native:kubernetesconfiguration:Extension"):
        train = _word(extension.get("releaseTrain"))
        version = _word(extension.get("version"))
        notes = (f"Azure updates it, from its train '{train}'",) if not version else ()
        name = _word(extension.get("extensionType"))
        yield extension, Software(kind="extension", name=name, maker="Microsoft", version=version, notes=notes)


_KUBERNETES: Final = "kubernetesVersion"


def _asked(plan: Plan, token: str, name: str, path: str) -> Found:
    for resource in plan.of_type(token):
        version = _word(resource.get(path))
        # A replica has its source's version, which stands there.
        if version or resource.get("createMode") != "Replica":
            yield resource, Software(kind="service", name=name, maker="Microsoft", version=version)


def _nodes(plan: Plan) -> Found:
    """Systems of nodes, by the name of their image's line; Azure chooses the image."""
    pools = [(pool, pool.inputs) for pool in plan.of_type("azure-native:containerservice:AgentPool")]
    for cluster in plan.of_type("azure-native:containerservice:ManagedCluster"):
        pools += [(cluster, profile) for profile in rows(cluster.get("agentPoolProfiles"))]
        for name, addon in _mapping(cluster.get("addonProfiles")).items():
            if isinstance(addon, Mapping) and addon.get("enabled") is True:
                yield cluster, Software(kind="extension", name=name, maker="Microsoft", notes=("of the cluster",))
    for resource, pool in pools:
        image = "Azure chooses the node image, and updates it"
        name = _word(pool.get("osSKU")) or _word(pool.get("osType"))
        yield resource, Software(kind="system", name=name, maker="Microsoft", notes=(image,))


def _system(machine: PlannedResource) -> Found:
    path = "virtualMachineProfile." if machine.type.endswith("ScaleSet") else ""
    image = _mapping(machine.get(f"{path}storageProfile.imageReference"))
    if image:
        name = "/".join(_word(image.get(key)) for key in ("offer", "sku") if image.get(key)) or _word(image.get("id"))
        version = _word(image.get("version"))
        notes = ("Azure chooses the version",) if version.lower() == "latest" else ()
        maker = _word(image.get("publisher"))
        yield machine, Software(kind="system", name=name, maker=maker, version=version, notes=notes)


def _charts(plan: Plan) -> Found:
    """Helm's, by either of the provider's forms."""
    for resource in plan.of_type("kubernetes:helm.sh/*"):
        if resource.type.endswith((":Release", ":Chart")):
            home = _mapping(resource.get("repositoryOpts")).get("repo")
            name, version = _word(resource.get("chart")), _word(resource.get("version"))
            yield resource, Software(kind="chart", name=name, version=version, maker=_word(home))


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}


def _word(value: Value) -> str:
    """A text; nothing where it is missing, or known only after deployment."""
    return text(value) or NOT_TOLD


def named(found: Iterable[Software], kind: str) -> tuple[Software, ...]:
    """Those of one kind."""
    return tuple(item for item in found if item.kind == kind)
