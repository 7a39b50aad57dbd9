"""What a schema costs the model's server: it is compiled to a grammar there, and one tenant's keeps the others waiting.

Counted repeats in a `pattern` are what is dear. In xgrammar, which vLLM compiles with, `b{1,1000}` takes 0.07 s of a
core, `b{1,5000}` 1.8 s and `b{1,20000}` over 12 s, during which nobody is answered (`make pentest-real`). Lengths of
texts and lists, references and nested repeats are not: they compile in hundredths at any size.
"""

import re
from typing import Any

LONGEST = 1_000
"""Characters of a pattern."""
MOST = 1_000
"""To which the counts of all patterns of one request add up."""
_COUNT = re.compile(r"\{\s*(\d+)\s*(?:,\s*(\d*)\s*)?\}")


class TooCostly(ValueError):
    """A schema asks for too much; the message says what is allowed, and nothing of what was sent."""


def counted(schema: Any) -> int:  # noqa: ANN401 JSON of any shape
    """What the counts of its patterns add up to. Raises TooCostly for a pattern that is too long by itself."""
    if isinstance(schema, list):
        return sum(map(counted, schema))
    if not isinstance(schema, dict):
        return 0
    patterns = [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
    by_name = schema.get("patternProperties")
    patterns += by_name if isinstance(by_name, dict) else ()
    return sum(map(_counts, patterns)) + sum(map(counted, schema.values()))


def _counts(pattern: str) -> int:
    if len(pattern) > LONGEST:
        raise TooCostly(f"a pattern has at most {LONGEST} characters")
    return sum(min(int(most or least), MOST + 1) for least, most in _COUNT.findall(pattern))
