"""Actions of Azure's roles, which may hold `*` for anything, slashes too.

learn.microsoft.com/azure/role-based-access-control/role-definitions
"""

from fnmatch import fnmatchcase


def covers(pattern: str, action: str) -> bool:
    """Whether a role's pattern stands for an action. Both in one case: the caller says which."""
    if "?" in pattern or "[" in pattern:
        # No wildcards of Azure's; whoever writes them is read as widely as they may have been meant.
        return fnmatchcase(action, pattern)
    # A regular expression for each of a role's patterns takes longer than all that is asked of it.
    first, *rest = pattern.split("*")
    if not rest or not action.startswith(first):
        return not rest and action == pattern
    at = len(first)
    for part in rest[:-1]:
        at = action.find(part, at) + len(part)
        if at < len(part):
            return False
    return action.endswith(rest[-1]) and len(action) - len(rest[-1]) >= at
