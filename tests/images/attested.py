"""What a good image has attested, and the policies that ask for it, for a test's own key."""

from collections.abc import Mapping
from typing import Any

from components.image_policies import image_policies
from config.image_verification import ImageVerification
from tests.images.signing import Signer

SOURCE = "https://github.com/hospital/"
BUILDER = f"{SOURCE}clinical-platform/.github/workflows/images.yaml@refs/heads/main"
BILL: Mapping[str, Any] = {"spdxVersion": "SPDX-2.3", "packages": [{"name": "openssl"}]}
BILL_CYCLONEDX: Mapping[str, Any] = {"bomFormat": "CycloneDX", "components": [{"name": "openssl"}]}
ORIGIN: dict[str, Any] = {
    "buildDefinition": {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "resolvedDependencies": [
            {
                "uri": "git+https://github.com/hospital/clinical-platform@refs/heads/main",
                "digest": {"gitCommit": "2b214ddf3326016519afcb268f63623b80b91a65"},
            }
        ],
    },
    "runDetails": {"builder": {"id": BUILDER}},
}


def asked(signer: Signer) -> Mapping[str, dict[str, Any]]:
    """Specs of the policies, by name."""
    image = f"acrbweuprod.azurecr.io/x@sha256:{'0' * 64}"
    return image_policies(ImageVerification(image=image, public_keys=(signer.public,), builder=BUILDER, source=SOURCE))
