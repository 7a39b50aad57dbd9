"""What a schema costs the model's server: it is compiled to a grammar there, and one tenant's keeps the others waiting.

What each part costs was measured in xgrammar 0.2.8, with which vLLM compiles, on a vocabulary of 54,000 and one core:
milliseconds of it are what is counted here, to about a factor of two. They add up over all schemas of a request.

    4,000 objects, or alternatives                 0.9 to 4 s
    500 properties of an object that may be absent 0.4 s, 1,000 of them 4.8 s; long names cost more
    minProperties of 100 such 1.6 s, of 200 28 s
    a `maxLength` of 50 0.26 s, of 200 and more    1.1 s; each length once, however many texts have it
    `.{1,100}` in a pattern 0.34 s, `b{1,1000}`    0.07 s
    `[a-z]?` 40 times in a pattern 0.7 s, 80 times 4.7 s; `[a-z]{0,3}` 20 times 1.9 s, 40 times over 60 s
    `(.{0,10}){0,10}` 5.7 s, `(.{0,30}){0,30}`     over 60 s
    100 texts of format email or uri               1.8 s; 100 whole numbers between bounds of 19 digits 0.4 s
    lengths of lists, references to definitions, enums: hundredths at any size

What xgrammar does not take (`multipleOf`, `uniqueItems` and more) vLLM gives to llguidance, which was not measured.
"""

from typing import Any

from model_images.gateway.guard.pattern import counted

LONGEST = 1_000
"""Characters of a pattern."""
MOST = 4_000
"""To which all schemas of one request add up."""
TOO_MUCH = (
    "the schemas of this request take the model's server too long to compile: fewer objects and alternatives, required "
    "properties in place of optional ones, fewer different lengths of texts, smaller counts in patterns"
)
_LENGTH, _LONG = 5.2, 210
"""For each character of a text's bound, up to so many."""
_REPEAT, _MAYBE, _LETTER = 3.6, 1 / 100, 0.02
"""For each repeat of a pattern; for the third power of what may be there or not; for each letter."""
_FORMATS = {"email": 20.0, "uri": 20.0, "uri-reference": 20.0, "uri-template": 70.0, "hostname": 10.0}
_FORMAT, _RANGE, _NODE, _VALUE = 4.0, 4.0, 1.0, 0.2
_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")

Lengths = set[tuple[int, int]]
"""Bounds of texts that a request has so far: a server compiles each once."""


class TooCostly(ValueError):
    """A schema asks for too much; the message says what is allowed, and nothing of what was sent."""


def cost(schema: Any, lengths: Lengths) -> float:  # noqa: ANN401 JSON of any shape
    """Milliseconds of it. Raises TooCostly for a pattern that is too long by itself."""
    if isinstance(schema, list):
        return sum(cost(one, lengths) for one in schema)
    if not isinstance(schema, dict):
        return _VALUE
    spent = _NODE + _optional(schema) + _length(schema, lengths)
    if isinstance(schema.get("format"), str):
        spent += _FORMATS.get(schema["format"], _FORMAT)
    if any(_number(schema, name) is not None for name in _BOUNDS):
        spent += _RANGE
    patterns = [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
    by_name = schema.get("patternProperties")
    patterns += by_name if isinstance(by_name, dict) else ()
    inside = sum(cost(one, lengths) for one in schema.values() if isinstance(one, (dict, list)))
    return spent + sum(map(_pattern, patterns)) + inside


def _pattern(pattern: str) -> float:
    if len(pattern) > LONGEST:
        raise TooCostly(f"a pattern has at most {LONGEST} characters")
    found = counted(pattern)
    return _REPEAT * found.repeats + _MAYBE * found.maybe**3 + _LETTER * len(pattern)


def _optional(schema: dict[str, Any]) -> float:
    """Of properties that may be absent: which came before is kept apart for each that may come next."""
    properties, required = schema.get("properties"), schema.get("required")
    held = frozenset(one for one in required if isinstance(one, str)) if isinstance(required, list) else frozenset()
    names = [name for name in properties if name not in held] if isinstance(properties, dict) else []
    many = len(names)
    spent = many * sum(map(len, names)) / 2_500 + many**3 / 250_000
    least, most = _number(schema, "minProperties"), _number(schema, "maxProperties")
    if least is not None:
        spent += many**4 / 62_500 + min(least, MOST)
    if most is not None:
        spent += (many + 1) * min(most, many + 100) / 4
    return spent


def _length(schema: dict[str, Any], lengths: Lengths) -> float:
    least, most = _number(schema, "minLength"), _number(schema, "maxLength")
    if least is None and most is None:
        return 0.0
    bounds = (int(least or 0), int(most if most is not None else -1))
    if bounds in lengths:
        return 0.0
    lengths.add(bounds)
    return _LENGTH * min(max(bounds), _LONG)


def _number(schema: dict[str, Any], name: str) -> float | None:
    """Negative ones say nothing; those past all use are cut."""
    value = schema.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # JSON has no NaN; a parser that takes one lets nothing cheaper through.
    return 1e9 if value != value else float(min(max(value, 0), 10**9))
