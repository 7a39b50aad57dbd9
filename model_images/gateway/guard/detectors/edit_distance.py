"""Whether two words are a slip of the pen apart: Damerau-Levenshtein (optimal string alignment), bounded.

F. J. Damerau, "A technique for computer detection and correction of spelling errors", CACM 7(3), 1964: most slips are
one letter left out, put in, taken for another, or two exchanged.
"""


def within(first: str, second: str, most: int) -> bool:
    """Whether at most `most` slips lead from one to the other. Time is the product of the lengths."""
    if abs(len(first) - len(second)) > most:
        return False
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        next_row = [i]
        for j, b in enumerate(second, 1):
            cost = min(row[j] + 1, next_row[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            next_row.append(cost)
        if min(next_row) > most and (not before or min(row) > most):
            return False
        before, row = row, next_row
    return row[-1] <= most


def slips_allowed(length: int) -> int:
    """None in short words, where they make other words; one from five letters, two from nine."""
    return 0 if length < 5 else 1 if length < 9 else 2
