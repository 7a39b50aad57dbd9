"""Images are verified before they run: a signature, a bill of materials and a provenance, or no pod.

The verifier is sigstore's policy-controller, v0.13.1, from the stack's own registry. It asks nobody outside: keys are
in the policies, so there is no transparency log, no certificate authority and no update of trust (`-disable-tuf`). Its
webhook is in `image_webhooks.py`, what it asks for in `image_policies.py`, its rights in a file of their own. It signs
in to the registry as an identity that may pull; the release asks for a token that this registry refuses, so the image
is built with a patch of three lines: docs/guides/sign-images.md, tools/verifier.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi import ComponentResource, Output, Resource, ResourceOptions
from pulumi_kubernetes import Provider
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.apiextensions import v1 as extensions
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta
from pulumi_kubernetes.rbac import v1 as rbac

from components.identity import Identities
from components.image_policies import image_policies
from components.image_verifier import ACCOUNT, CERTIFICATE, CPU, LEAVING, MEMORY, NAMESPACE, REPLICAS, verifier
from components.image_webhooks import CONVERSION, SERVICE, webhooks
from components.network import Network
from components.order import after
from components.quota import Claim, bounded
from components.registry import Registry
from components.scope import Scope
from components.tables import table
from components.workload import Place, namespace, service_account

DEFINITIONS = ("definition_clusterimagepolicies.yaml", "definition_trustroots.yaml")
"""As they stand in github.com/sigstore/policy-controller v0.13.1, config/; tools/crds pins the module by its sum."""
API = "policy.sigstore.dev/v1alpha1"
"""The version that is stored: another would be converted by the verifier, which may not stand yet."""
LOGGING: Mapping[str, Any] = {
    "level": "warn",
    "encoding": "json",
    "outputPaths": ["stdout"],
    "errorOutputPaths": ["stderr"],
    "encoderConfig": {"timeKey": "ts", "timeEncoder": "iso8601", "levelKey": "level", "messageKey": "msg"},
}
"""go.uber.org/zap, Config."""
SETTINGS: Mapping[str, Mapping[str, str]] = {
    # An image that no policy names does not run: who deletes the policies opens nothing.
    "config-policy-controller": {"no-match-policy": "deny"},
    "config-observability": {"metrics.backend-destination": "prometheus"},
    # By default it writes each request down, and logs are kept by others than settings are.
    "config-logging": {"zap-logger-config": json.dumps(LOGGING)},
    # The verifier writes these from the policies. It does not start without them, and may not make them.
    "config-image-policies": {},
    "config-sigstore-keys": {},
}


@dataclass(frozen=True, kw_only=True)
class ImageVerificationArgs:
    """What the verification needs."""

    scope: Scope
    provider: Provider
    identities: Identities
    issuer: Output[str]
    network: Network
    registry: Registry


class ImageVerification(ComponentResource):
    """The verifier in a namespace of its own, its policies, and the webhook by which the API server asks it."""

    def __init__(self, name: str, args: ImageVerificationArgs, opts: ResourceOptions | None = None) -> None:
        super().__init__("bailiwick:admission:ImageVerification", name, None, opts)
        self._name, self._args = name, args
        self._options = ResourceOptions(parent=self, provider=args.provider)
        scope = args.scope
        place = namespace(NAMESPACE, scope=scope, component=NAMESPACE, classification="internal", options=self._options)
        bounded(
            place, Claim(replicas=REPLICAS, surge=1, leaving=LEAVING, cpu=CPU, memory=MEMORY, services=1, secrets=1)
        )
        identity = args.identities.of["verification"]
        service_account(place, ACCOUNT, client_id=identity.client_id)
        args.identities.federate("verification", issuer=args.issuer, namespace=NAMESPACE, service_account=ACCOUNT)
        args.registry.grant_pull("verification", identity)
        definitions = [self._definition(file) for file in DEFINITIONS]
        needed = [*definitions, *self._rights(place), *self._kept(place)]
        running = verifier(
            name,
            place,
            scope=scope,
            network=args.network,
            options=ResourceOptions.merge(place.options, ResourceOptions(depends_on=needed)),
        )
        policies = [
            CustomResource(
                f"{name}-{key}",
                api_version=API,
                kind="ClusterImagePolicy",
                metadata=meta.ObjectMetaArgs(name=key),
                spec=spec,
                opts=ResourceOptions.merge(self._options, ResourceOptions(depends_on=definitions)),
            )
            for key, spec in image_policies(scope.config.image_verification).items()
        ]
        self._asked = webhooks(
            name, ResourceOptions.merge(self._options, ResourceOptions(depends_on=[running, *policies]))
        )
        self.register_outputs({})

    def before(self, options: ResourceOptions) -> ResourceOptions:
        """Options of a component whose images are verified: its objects wait until the API server asks the verifier."""
        return after(options, self._asked)

    def _definition(self, file: str) -> Resource:
        definition: Any = table(file)
        spec: Any = dict(definition["spec"])
        if spec["conversion"]["strategy"] == "Webhook":
            # The vendor's own namespace stands there.
            asked = {**spec["conversion"]["webhook"], "clientConfig": {"service": {**SERVICE, "path": CONVERSION}}}
            spec["conversion"] = {"strategy": "Webhook", "webhook": asked}
        return extensions.CustomResourceDefinition(
            f"{self._name}-{definition['spec']['names']['plural']}",
            metadata=meta.ObjectMetaArgs(name=definition["metadata"]["name"]),
            spec=spec,
            opts=self._options,
        )

    def _rights(self, place: Place) -> list[Resource]:
        rights: Mapping[str, Any] = table("image_verification_rights.yaml")
        subjects = [rbac.SubjectArgs(kind="ServiceAccount", name=ACCOUNT, namespace=NAMESPACE)]
        group = "rbac.authorization.k8s.io"
        wide = rbac.ClusterRole(
            f"{self._name}-rights",
            metadata=meta.ObjectMetaArgs(name=NAMESPACE),
            rules=rights["cluster"],
            opts=place.options,
        )
        own = rbac.Role(
            f"{self._name}-own-rights",
            metadata=meta.ObjectMetaArgs(name=ACCOUNT, namespace=NAMESPACE),
            rules=rights["own"],
            opts=place.options,
        )
        return [
            rbac.ClusterRoleBinding(
                f"{self._name}-rights-binding",
                metadata=meta.ObjectMetaArgs(name=NAMESPACE),
                role_ref=rbac.RoleRefArgs(api_group=group, kind="ClusterRole", name=NAMESPACE),
                subjects=subjects,
                opts=ResourceOptions.merge(place.options, ResourceOptions(depends_on=[wide])),
            ),
            rbac.RoleBinding(
                f"{self._name}-own-rights-binding",
                metadata=meta.ObjectMetaArgs(name=ACCOUNT, namespace=NAMESPACE),
                role_ref=rbac.RoleRefArgs(api_group=group, kind="Role", name=ACCOUNT),
                subjects=subjects,
                opts=ResourceOptions.merge(place.options, ResourceOptions(depends_on=[own])),
            ),
        ]

    def _kept(self, place: Place) -> list[Resource]:
        """Its settings, and the one Secret: empty here, and filled by the verifier with a certificate that it makes."""
        settings: list[Resource] = [
            core.ConfigMap(
                f"{self._name}-{key}",
                metadata=meta.ObjectMetaArgs(name=key, namespace=NAMESPACE),
                data=dict(data) or None,
                opts=place.options,
            )
            for key, data in SETTINGS.items()
        ]
        return [
            *settings,
            core.Secret(
                f"{self._name}-certificate",
                metadata=meta.ObjectMetaArgs(name=CERTIFICATE, namespace=NAMESPACE),
                opts=place.options,
            ),
        ]
