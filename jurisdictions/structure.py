"""Make a typed value of a YAML document: nothing is converted, nothing unknown is let in, every fault is told."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, Literal, TypeVar, get_args, get_origin

import attrs
from cattrs import Converter, transform_error
from cattrs.errors import ForbiddenExtraKeysError, IterableValidationError, IterableValidationNote
from cattrs.gen import make_dict_structure_fn, override

from jurisdictions.model import CHECK, CountryCode, Slug

_T = TypeVar("_T")


def structured(model: type[_T], document: Mapping[str, object]) -> tuple[_T | None, list[str]]:
    """The value and no fault, or no value and every fault as `path: what is wrong`."""
    try:
        return _CONVERTER.structure(document, model), []
    except Exception as error:  # noqa: BLE001 cattrs raises groups of whatever its hooks raise
        return None, [_placed(line) for line in transform_error(error, format_exception=_words)]


def _placed(line: str) -> str:
    """`words @ $.regions['uksouth'].pair` as `regions.uksouth.pair: words`."""
    words, _, path = line.rpartition(" @ $")
    where = re.sub(r"\['?([^'\]]*)'?\]", r".\1", path).lstrip(".")
    return f"{where or 'the file'}: {words}"


def _words(error: BaseException, _kind: type | None) -> str:
    if isinstance(error, ForbiddenExtraKeysError):
        return f"unknown: {', '.join(sorted(error.extra_fields))}"
    if isinstance(error, KeyError):
        return "is missing"
    return str(error)


def _strict(kind: type[_T], name: str) -> Callable[[object, Any], _T]:
    def take(value: object, _: object) -> _T:
        if type(value) is not kind:
            raise ValueError(f"must be {name} (found {str(value)[:60]!r})")
        return value

    return take


def _shaped(pattern: str, name: str) -> Callable[[object, Any], str]:
    def take(value: object, _: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise ValueError(f"must be {name} (found {str(value)[:60]!r})")
        return value

    return take


def _one_of(value: object, literal: Any) -> object:  # noqa: ANN401 a Literal is no class
    if value not in get_args(literal) or isinstance(value, bool):
        raise ValueError(f"must be one of {', '.join(map(str, get_args(literal)))} (found {str(value)[:60]!r})")
    return value


def _list(value: object, kind: Any) -> tuple[object, ...]:  # noqa: ANN401 tuple[X, ...] is no class
    # cattrs would take a text for a list of its letters.
    if not isinstance(value, list | tuple):
        raise ValueError(f"must be a list (found {str(value)[:60]!r})")  # noqa: TRY004 one kind of fault for all
    items, faults = [], []
    inner = get_args(kind)[0]
    for index, item in enumerate(value):
        try:
            items.append(_CONVERTER.structure(item, inner))
        except Exception as error:  # noqa: BLE001 collected, so that each item's fault is told
            error.add_note(IterableValidationNote(f"Structuring element {index}", index, inner))
            faults.append(error)
    if faults:
        raise IterableValidationError(f"While structuring {kind}", faults, tuple)
    return tuple(items)


def _of_class(kind: type[Any]) -> Callable[[Mapping[str, Any], Any], Any]:
    checks = {at.name: at for at in attrs.fields(kind) if CHECK in at.metadata}
    overrides = {name: override(struct_hook=_checked(at)) for name, at in checks.items()}
    structure = make_dict_structure_fn(
        kind,
        _CONVERTER,
        _cattrs_forbid_extra_keys=True,
        **overrides,  # type: ignore[arg-type]  # its stub takes each field's override for an option
    )

    def take(value: object, wanted: Any) -> Any:  # noqa: ANN401 cattrs' hooks are typed so
        if isinstance(value, kind):
            return value
        if not isinstance(value, Mapping):
            raise ValueError(f"must be a mapping (found {str(value)[:60]!r})")  # noqa: TRY004 one kind for all
        return structure(value, wanted)

    return take


def _checked(at: "attrs.Attribute[Any]") -> Callable[[object, Any], Any]:
    def take(value: object, kind: Any) -> Any:  # noqa: ANN401 cattrs' hooks are typed so
        taken = _CONVERTER.structure(value, kind)
        if faults := list(at.metadata[CHECK](taken)):
            raise ValueError("; ".join(faults))
        return taken

    return take


def _made_of(origin: object, kind: object) -> bool:
    return get_origin(kind) is origin


def _converter() -> Converter:
    converter = Converter(detailed_validation=True)
    for kind, name in ((str, "text"), (int, "a whole number"), (bool, "true or false")):
        converter.register_structure_hook(kind, _strict(kind, name))
    converter.register_structure_hook(date, _strict(date, "a date such as 2027-11-30"))
    converter.register_structure_hook(CountryCode, _shaped("[A-Z]{2}", "two capital letters, in quotes"))
    converter.register_structure_hook(Slug, _shaped("[a-z][a-z0-9-]*", "lower-case letters, digits and hyphens"))
    generic: tuple[tuple[object, Callable[[object, Any], Any]], ...] = ((tuple, _list), (Literal, _one_of))
    for origin, hook in generic:
        converter.register_structure_hook_func(partial(_made_of, origin), hook)
    return converter


_CONVERTER = _converter()
_CONVERTER.register_structure_hook_factory(attrs.has, _of_class)
