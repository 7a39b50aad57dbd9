"""How a guard says no: which guard, a stable code, and words that never repeat what was sent."""


class Refused(Exception):
    """A request, or its answer, is not let through.

    `message` is shown to the caller and logged, so it holds no part of the request: names of fields and guards, limits
    and allowed values only. Codes are public and stable: `<guard>.<what>`, in docs/reference of the gateway.
    """

    def __init__(self, guard: str, what: str, message: str, *, status: int = 403) -> None:
        super().__init__(f"{guard}.{what}")
        self.guard = guard
        self.code = f"{guard}.{what}"
        self.message = message
        self.status = status


class GuardFailed(Refused):
    """A guard erred or ran out of time: nobody knows what it would have found, so nothing passes.

    Made from the guard's name alone. The cause is dropped on purpose: exceptions repeat the data that they met.
    """

    def __init__(self, guard: str, what: str = "failed") -> None:
        words = {"failed": "could not do its work", "timeout": "ran out of time"}.get(what, "could not do its work")
        super().__init__(guard, what, f"The guard '{guard}' {words}; nothing was passed on.", status=503)
