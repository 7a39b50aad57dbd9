"""Resource ids, computed from a resource's inputs as ARM would make them."""

from collections.abc import Mapping

from plan.arm_types import ArmType, arm_type


def arm_id(token: str, inputs: Mapping[str, object], *, subscription_id: str) -> str | None:
    """The ARM id, or None where a name is known only after deployment.

    Raises UnknownType for an azure-native type that is not listed.
    """
    entry = arm_type(token)
    names = entry.name_values(inputs)
    root = _root(entry, inputs, subscription_id)
    if names is None or root is None:
        return None
    if token == "azure-native:resources:ResourceGroup":
        return f"{root}/resourceGroups/{names[0]}"
    namespace, *segments = entry.type.split("/")
    tail = "/".join(f"{segment}/{name}" for segment, name in zip(segments, names, strict=True))
    return f"{root}/providers/{namespace}/{tail}"


def _root(entry: ArmType, inputs: Mapping[str, object], subscription_id: str) -> str | None:
    subscription = f"/subscriptions/{subscription_id}"
    if entry.scope == "subscription":
        return subscription
    if entry.scope == "tenant":
        return ""
    if entry.scope == "managementGroup":
        name = inputs.get("managementGroupId")
        return f"/providers/Microsoft.Management/managementGroups/{name}" if isinstance(name, str) else None
    group = inputs.get("resourceGroupName")
    in_group = f"{subscription}/resourceGroups/{group}" if isinstance(group, str) else None
    if entry.scope == "group":
        return in_group
    if entry.scope == "workspace":
        name = inputs.get("workspaceName")
        known = in_group is not None and isinstance(name, str)
        return f"{in_group}/providers/Microsoft.OperationalInsights/workspaces/{name}" if known else None
    if entry.scope == "cluster":
        parts = [inputs.get(key) for key in ("clusterRp", "clusterResourceName", "clusterName")]
        if in_group is None or not all(isinstance(part, str) for part in parts):
            return None
        return f"{in_group}/providers/{parts[0]}/{parts[1]}/{parts[2]}"
    extended = inputs.get(entry.scope)
    return "/" + extended.strip("/") if isinstance(extended, str) else None
