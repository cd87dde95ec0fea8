"""Figures of speed and memory, and what they share."""

import math
from collections.abc import Iterable


def ninety_fifth(taken: Iterable[float]) -> float:
    """What 95 of a hundred do not exceed, by nearest rank: of 40 the 38th."""
    ordered = sorted(taken)
    return ordered[math.ceil(0.95 * len(ordered)) - 1]
