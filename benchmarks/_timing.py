"""Measuring works in turn, and the table of what came out."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

HEAD = "| work | ours (s) | peer (s) | ratio | gate | ambition | met |\n|---|---|---|---|---|---|---|"


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turn(works: Mapping[str, Callable[[], object]], repeats: int, once: tuple[str, ...] = ()) -> dict[str, float]:
    """Run all works one after the other, ``repeats`` times over (those in ``once`` once); return median seconds."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for repeat in range(repeats):
        for name, work in works.items():
            if repeat == 0 or name not in once:
                taken[name].append(seconds(work))
                print(f"  {name}: {taken[name][-1]:.3f} s", file=sys.stderr, flush=True)
    return {name: statistics.median(values) for name, values in taken.items()}


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    ratio
        What is compared with gate and ambition, in ``unit``; by default peer / ours.
    larger
        Whether more is better.
    """

    work: str
    ours: float
    peer: float = float("nan")
    gate: float | None = None
    ambition: float | None = None
    ratio: float | None = None
    unit: str = "x"
    larger: bool = True
    note: str = ""

    def __str__(self) -> str:
        value = self.peer / self.ours if self.ratio is None else self.ratio
        reached = [
            name
            for name, bound in (("gate", self.gate), ("ambition", self.ambition))
            if bound is not None and (value >= bound if self.larger else value <= bound)
        ]
        met = "" if self.gate is None and self.ambition is None else reached[-1] if reached else "no"
        cells = [self.work + (f" ({self.note})" if self.note else ""), _number(self.ours), _number(self.peer)]
        return "| " + " | ".join([*cells, *map(self._bound, (value, self.gate, self.ambition)), met]) + " |"

    def _bound(self, value: float | None) -> str:
        return "" if value is None or value != value else f"{_number(value)}{self.unit}"


def _number(value: float) -> str:
    if value != value:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.5f}"
