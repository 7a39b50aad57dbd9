"""Codes are a promise to programs: each that can be raised is listed, and each that is listed can be raised."""

import ast
from collections.abc import Iterator
from pathlib import Path

import yaml

import model_images.gateway.guard as guard
from model_images.gateway.guard.audit.record import Guard
from model_images.gateway.guard.audit.unavailable import WORDS
from model_images.gateway.guard.codes import CODES

SOURCE = Path(guard.__file__).parent
MAKERS = {"Refused": None, "refuse": "schema", "_no": None, "gone": "route", "_over": "prompt-guard", "__init__": None}
HERE = {"authorise.py": "authorise", "output.py": "prompt-guard", "divergence.py": "prompt-guard"}


def raised() -> Iterator[str]:
    """Codes by their constants in the source."""
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        own = next(
            (
                str(node.value.value)
                for node in ast.walk(tree)
                if isinstance(node, ast.Assign)
                and getattr(node.targets[0], "id", "") == "GUARD"
                and isinstance(node.value, ast.Constant)
            ),
            HERE.get(path.name, "prompt-guard" if "prompt_guard" in path.parts else None),
        )
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            words: list[str | None] = [
                arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else None for arg in node.args
            ]
            if name in ("Refused", "__init__") and len(words) >= 3 and isinstance(words[1], str):
                yield f"{words[0] or ('schema' if getattr(node.args[0], 'id', '') == 'SCHEMA' else own)}.{words[1]}"
            elif name in MAKERS and name not in ("Refused", "__init__") and words and isinstance(words[0], str):
                yield f"{MAKERS[name] or own}.{words[0]}"


class TestCodesAreListed:
    """What the audit log does not know it does not take, and the request is refused for that."""

    def test_each_that_is_raised(self) -> None:
        found = set(raised())
        assert len(found) > 60
        assert not found - set(CODES)

    def test_each_family_of_attacks(self) -> None:
        rules = yaml.safe_load((SOURCE / "prompt_guard" / "injection.yaml").read_text())
        assert {f"prompt-guard.{name}" for name in (*rules["families"], "suffix")} <= set(CODES)

    def test_each_failure_of_the_log(self) -> None:
        assert {f"audit.{what}" for what in WORDS} <= set(CODES)

    def test_every_guard_may_fail_and_be_recorded(self) -> None:
        assert {code.partition(".")[0] for code in CODES} == {guard.value for guard in Guard}
        assert {guard.value for guard in Guard} - {"audit"} <= {
            code.partition(".")[0] for code in CODES if code.endswith(".failed")
        }

    def test_none_is_listed_that_nobody_raises(self) -> None:
        rules = yaml.safe_load((SOURCE / "prompt_guard" / "injection.yaml").read_text())
        known = set(raised()) | {f"audit.{what}" for what in WORDS}
        known |= {f"prompt-guard.{name}" for name in (*rules["families"], "suffix")}
        left = {code for code in CODES if code.rpartition(".")[2] not in ("failed", "timeout")} - known
        assert not left
