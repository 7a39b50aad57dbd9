"""The dials of one stack: typed, strict, every fault reported at once.

Only dials live here. Law is in `jurisdictions/`, shape in `components/`. Unknown keys are refused, because a
mistyped dial that is silently ignored is a default nobody chose.
"""

from config.faults import ConfigError, Fault
from config.loading import load, parse, reviewing
from config.stack import StackConfig

__all__ = ["ConfigError", "Fault", "StackConfig", "load", "parse", "reviewing"]
