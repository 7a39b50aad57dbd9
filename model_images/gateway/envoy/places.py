"""Where things lie in the container: one object, so that tests can put them elsewhere."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Places:
    """Paths that Envoy and the guard share."""

    run: Path
    """Sockets and the configuration made at start: the pod's own volume."""
    certificates: Path
    """What Key Vault's driver mounts; files are replaced there while the gateway runs."""
    address: str = "0.0.0.0"  # noqa: S104 a pod has one address, and its network policy says who reaches it

    @property
    def guard(self) -> Path:
        """Envoy to guard."""
        return self.run / "guard.sock"

    @property
    def upstream(self) -> Path:
        """Guard to Envoy's way out."""
        return self.run / "upstream.sock"

    @property
    def admin(self) -> Path:
        """Envoy's own door, for draining; nobody else's process is in the pod."""
        return self.run / "admin.sock"

    @property
    def server(self) -> Path:
        """Certificate chain and key of the gateway, PEM, as Key Vault gives a certificate's secret."""
        return self.certificates / "gateway"

    @property
    def authority(self) -> Path:
        """The authority of the jurisdiction that callers' certificates come from, PEM."""
        return self.certificates / "callers-ca"

    @property
    def revoked(self) -> Path:
        """Its list of revoked certificates, PEM. Without one nobody is let in: nobody could be shut out."""
        return self.certificates / "callers-crl"

    @property
    def to_models(self) -> Path:
        """Certificate and key that the gateway shows to models, PEM."""
        return self.certificates / "gateway-to-models"

    @property
    def models_authority(self) -> Path:
        """The authority that certificates of model servers come from, and the gateway's own for them, PEM."""
        return self.certificates / "models-ca"

    @property
    def outside(self) -> Path:
        """Authorities of external providers: the system's, or the firewall's where it opens what leaves."""
        inspecting = self.certificates / "outside-ca"
        return inspecting if inspecting.exists() else Path("/etc/ssl/certs/ca-certificates.crt")

    @property
    def keys(self) -> Path:
        """Keys of the tokens' issuer, JWKS. Mounted: the gateway fetches none."""
        return self.certificates / "callers-jwks"
