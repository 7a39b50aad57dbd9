"""The register of software: what a plan deploys, as far as the plan says it.

Images by digest, models by revision, and what Azure runs by the version that is asked for. What is inside an image is
in that image's own bill of materials (`model_images/gateway` makes one), not here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from evidence.pack.subject import Subject
from evidence.registers.software_azure import azure
from evidence.registers.software_form import Found, Software
from plan.model import Plan, Value
from plan.reachability.reading import rows
from policies.serving import Named, servers, sites

_CONTAINERS: Final = ("containers", "initContainers", "ephemeralContainers")
_FLUX: Final = "azure-native:kubernetesconfiguration:FluxConfiguration"
_DIGEST: Final = "sha256:"


def software(subject: Subject) -> tuple[Software, ...]:
    """Everything, each version once, with every resource that deploys it; by kind, name and version."""
    plan = subject.plan
    found: dict[Software, set[str]] = {}
    for resource, item in (*_images(plan), *_edge_images(plan), *_models(subject), *azure(plan)):
        found.setdefault(item, set()).add(resource.urn)
    whole = [replace(item, resources=tuple(sorted(urns))) for item, urns in found.items()]
    return tuple(sorted(whole, key=lambda item: (item.kind, item.name, item.version, item.sha256, item.registry)))


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
