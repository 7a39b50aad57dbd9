"""Law and the facts of places, as data: one YAML file per jurisdiction, one per Azure cloud.

Adding a jurisdiction is a file here and a stack file, and no edit.
"""

from jurisdictions.loader import JurisdictionError, UnknownJurisdiction, available, load
from jurisdictions.model import Cloud, CountryCode, EgressHost, Jurisdiction, Law, Region, ResidencyException, Retention

__all__ = [
    "Cloud",
    "CountryCode",
    "EgressHost",
    "Jurisdiction",
    "JurisdictionError",
    "Law",
    "Region",
    "ResidencyException",
    "Retention",
    "UnknownJurisdiction",
    "available",
    "load",
]
