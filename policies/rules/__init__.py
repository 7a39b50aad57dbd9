"""Every rule, one file per concern. Importing this registers them all, and starts nothing."""

from policies.rule import registered
from policies.rules import (
    backup,
    cluster,
    confidential,
    detection,
    egress,
    encryption,
    identity,
    network,
    portal,
    registry,
    residency,
    storage,
    tagging,
    workload,
)

ALL = registered()
"""All rules by id."""

CONCERNS = (
    backup,
    cluster,
    confidential,
    detection,
    egress,
    encryption,
    identity,
    network,
    portal,
    registry,
    residency,
    storage,
    tagging,
    workload,
)
