"""Which scanners there are, in the order in which they run."""

from collections.abc import Callable, Iterable, Mapping

from scanners import audit, checkov, dependencies, detect_secrets, kubeconform, linters, pipelines, waivers
from scanners.finding import Finding
from scanners.ground import Ground

Scan = Callable[[Ground], Iterable[Finding]]

OF_PLANS: Mapping[str, Scan] = {
    "checkov-arm": checkov.arm,
    "checkov-kubernetes": checkov.manifests,
    "kubeconform": kubeconform.scan,
}
"""These look at what every stack exports; the scanner `plan` tells of stacks that export nothing."""

OF_THE_TREE: Mapping[str, Scan] = {
    "checkov-edge": checkov.edge,
    "checkov-dockerfile": checkov.dockerfiles,
    "hadolint": linters.hadolint,
    "yamllint": linters.yamllint,
    "shellcheck": linters.shellcheck,
    "actionlint": pipelines.actionlint,
    "zizmor": pipelines.zizmor,
    "schemas": pipelines.schemas,
    "waivers": waivers.scan,
    "detect-secrets": detect_secrets.scan,
    "dependencies": dependencies.scan,
    "pip-audit": audit.scan,
}

EVERY: Mapping[str, Scan] = {**OF_PLANS, **OF_THE_TREE}
