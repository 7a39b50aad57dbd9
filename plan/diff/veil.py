"""Secrets are masked here, before a difference is made of them; in doubt a value is hidden.

Hidden is: what Pulumi marks as a secret; what has the shape of one, in JSON and behind base64 too; what its name calls
one; what a Kubernetes Secret holds; and what Azure itself never gives back.
"""

from collections.abc import Mapping

from plan.file import MASKED
from plan.model import MISSING, PlannedResource, Value
from plan.secret_shapes import NAME
from plan.secret_walk import Search

_NEVER_TOLD = frozenset({"protectedSettings", "customData", "userData", "secureValue"})
"""Azure takes these and returns none of them; a start-up script is where passwords lie."""
_OBJECT = "kubernetes:core/v1:Secret"
_LABELS = ("name", "key", "keyValueName")


class Veil:
    """Over the inputs of one resource."""

    def __init__(self, resource: PlannedResource, search: Search) -> None:
        self._hits = tuple(path for path, _ in search.each(resource.inputs))
        self._is_secret = resource.type == _OBJECT

    def hides(self, trail: str, key: object, value: Value) -> bool:
        """Whether the value at a path as `Search` writes them (`.a.b.0`), under this key, is not told."""
        if value is MISSING:
            return False
        if value == MASKED or (isinstance(key, str) and key in _NEVER_TOLD):
            return True
        if self._is_secret and trail.startswith((".data", ".stringData")):
            return True
        if isinstance(value, str) and value and isinstance(key, str) and NAME.search(key):
            return True
        return self._met(trail, whole=not isinstance(value, Mapping | list | tuple))

    def masked(self, value: Value, trail: str, key: object) -> Value:
        """A copy without what is hidden."""
        if self.hides(trail, key, value):
            return MASKED
        if isinstance(value, Mapping):
            called = calls_secret(value)
            return {
                name: MASKED if called and name == "value" else self.masked(inner, f"{trail}.{name}", name)
                for name, inner in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.masked(inner, f"{trail}.{index}", index) for index, inner in enumerate(value)]
        return value

    def _met(self, trail: str, *, whole: bool) -> bool:
        if not whole:
            # A name may be a secret itself: then nothing of what it stands in is told.
            return any(hit.startswith(f"{trail}.(key)") for hit in self._hits)
        # What was found within a text, as JSON or base64, is written behind the text's own path.
        return any(hit == trail or hit.startswith((f"{trail}.", f"{trail}(")) for hit in self._hits)


def calls_secret(value: Mapping[str, Value]) -> bool:
    """Whether an entry's name says that the `value` beside it is a secret: `{"name": "DB_PASSWORD", "value": …}`."""
    return any(isinstance(value.get(label), str) and NAME.search(str(value[label])) for label in _LABELS)
