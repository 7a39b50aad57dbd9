"""Which line of the program registers a resource: where a reviewer's tool points."""

import sys
from pathlib import Path

import pulumi


class Lines:
    """Lines of a program's own files, by the type and name of what they register."""

    def __init__(self, root: Path) -> None:
        """`root` is the folder of the program; what lies outside it, or in an environment within it, is not its own."""
        self._root = f"{root.resolve()}/"
        self._found: dict[tuple[str, str], str] = {}

    def note(self, args: pulumi.ResourceTransformationArgs) -> None:
        """Called while the resource is being made, so the stack of calls still tells by whom; changes nothing."""
        frame = sys._getframe(1)  # noqa: SLF001 inspect.stack() reads every source file, for each resource
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith(self._root) and "/site-packages/" not in file:
                own = file.removeprefix(self._root)
                if own != "plan/recorder.py":
                    self._found[args.type_, args.name] = f"{own}:{frame.f_lineno}"
                return
            frame = frame.f_back  # type: ignore[assignment]  # the last has none, and ends the loop

    def of(self, token: str, name: str) -> str | None:
        """The line, or None where the program's own files do not show."""
        return self._found.get((token, name))
