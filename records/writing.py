"""A record's next step, put into its text: comments, order and every other byte stay as they are."""

from collections.abc import Mapping

import yaml

from records.lifecycle import path_for, read


class CannotWrite(ValueError):
    """The step can't be put there, or would not be sound there; the message says why, fault by fault."""


def with_step(path: str, text: str, step: Mapping[str, object]) -> str:
    """The text with one more step at the end of its history. Raises CannotWrite.

    `step`: keys and values as the file has them; what is None or empty is left out.
    """
    before, faults = read(path, text)
    if before is None:
        raise CannotWrite("\n".join(fault.words for fault in faults))
    column = _column(text)
    told = {key: value for key, value in step.items() if value not in (None, (), [], "")}
    block = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=110).splitlines()
    lines = [f"{' ' * column}- {block[0]}", *(f"{' ' * (column + 2)}{line}" for line in block[1:])]
    changed = (text if text.endswith("\n") else text + "\n") + "\n".join(lines) + "\n"
    after, faults = read(path, changed)
    if after is None:
        raise CannotWrite("\n".join(fault.words for fault in faults))
    if after.history[:-1] != before.history or len(after.history) != len(before.history) + 1:
        raise CannotWrite(f"{path}: `history` is not the last key of the file; write the step by hand")
    return changed


def _column(text: str) -> int:
    """Where the dashes of the history stand. Raises CannotWrite where it is written in another way."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if isinstance(root, yaml.MappingNode) and root.value:
        key, history = root.value[-1]
        if key.value == "history" and isinstance(history, yaml.SequenceNode) and not history.flow_style:
            column: int = history.start_mark.column
            return column
    raise CannotWrite("`history` is not the last key of the file, or no list of lines; write the step by hand")


def begun(
    *,
    stack: str,
    use_case: str,
    model: Mapping[str, str],
    prompt: Mapping[str, str],
    step: Mapping[str, object],
) -> tuple[str, str]:
    """File and text of a new candidate's record. Raises CannotWrite.

    `model`: name, revision, sha256. `prompt`: name, version, sha256.
    """
    path = path_for(stack, use_case, model.get("name", ""), model.get("revision", ""), prompt.get("version", ""))
    document = {
        "stack": stack,
        "use_case": use_case,
        "model": dict(model),
        "prompt": dict(prompt),
        "history": [{"to": "candidate", **step}],
    }
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    life, faults = read(path, text)
    if life is None:
        raise CannotWrite("\n".join(fault.words for fault in faults))
    return path, text
