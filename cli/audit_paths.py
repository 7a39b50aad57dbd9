"""Which files of an audit log were meant."""

from pathlib import Path

import click


def segments(paths: tuple[Path, ...]) -> list[Path]:
    """In their order, of one log or several. Raises click.ClickException."""
    from audit_log import form

    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += form.segments(path)
        elif path.name.endswith(form.SEGMENT) and not path.name.endswith(form.CHECKPOINTS):
            found.append(path)
        else:
            raise click.ClickException(f"{path} is no segment\nhint: segments are named by twenty digits and .jsonl")
    if not found:
        raise click.ClickException("no segments there\nhint: segments are named by twenty digits and .jsonl")
    return sorted(set(found), key=lambda path: path.name)
