"""Software asked of Azure by name and version: the cluster, the database, systems of machines, extensions, charts."""

from collections.abc import Mapping

from evidence.registers.software_form import NOT_TOLD, Found, Software
from plan.model import Plan, PlannedResource, Value
from plan.reachability.reading import mapping, rows, text


def azure(plan: Plan) -> Found:
    """Services, systems of machines and nodes, extensions and charts."""
    yield from _asked(
        plan, "azure-native:containerservice:ManagedCluster", "Azure Kubernetes Service", "kubernetesVersion"
    )
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
    for setting in plan.of_type("azure-native:dbforpostgresql:Configuration"):
        if setting.get("configurationName") == "azure.extensions":
            for name in filter(None, (part.strip().lower() for part in _word(setting.get("value")).split(","))):
                yield setting, Software(kind="extension", name=name, maker="PostgreSQL", notes=("of the server",))
    yield from _charts(plan)


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
        for name, addon in mapping(cluster.get("addonProfiles")).items():
            if isinstance(addon, Mapping) and addon.get("enabled") is True:
                yield cluster, Software(kind="extension", name=name, maker="Microsoft", notes=("of the cluster",))
    for resource, pool in pools:
        image = "Azure chooses the node image, and updates it"
        name = _word(pool.get("osSKU")) or _word(pool.get("osType"))
        yield resource, Software(kind="system", name=name, maker="Microsoft", notes=(image,))


def _system(machine: PlannedResource) -> Found:
    path = "virtualMachineProfile." if machine.type.endswith("ScaleSet") else ""
    image = mapping(machine.get(f"{path}storageProfile.imageReference"))
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
            home = mapping(resource.get("repositoryOpts")).get("repo")
            name, version = _word(resource.get("chart")), _word(resource.get("version"))
            yield resource, Software(kind="chart", name=name, version=version, maker=_word(home))


def _word(value: Value) -> str:
    """A text; nothing where it is missing, or known only after deployment."""
    return text(value) or NOT_TOLD
