"""Sample fields that say the same are told from those that do not."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from fatescore.report.tables import without_repeats

COLUMNS = st.lists(st.lists(st.sampled_from(["a", "A", "b", "ß", "1"]), min_size=3, max_size=3), min_size=1, max_size=6)


@given(COLUMNS, st.data())
def test_what_is_left_says_everything_once(columns: list[list[str]], data: st.DataObject) -> None:
    fields = pd.DataFrame({f"f{place}": values for place, values in enumerate(columns)})
    every = [str(name) for name in fields]
    keep = data.draw(st.lists(st.sampled_from(every), unique=True))
    names = data.draw(st.permutations(every))
    left = without_repeats(fields, names, keep=keep)

    def same(one: str, other: str) -> bool:
        return [value.casefold() for value in fields[one]] == [value.casefold() for value in fields[other]]

    assert left == [name for name in names if name in left]
    assert set(keep) <= set(left)
    varied = [name for name in names if len({value.casefold() for value in fields[name]}) > 1]
    assert all(any(same(name, other) for other in left) for name in names)  # nothing is lost
    assert set(names) - set(varied) <= set(left)
    free = [name for name in left if name in varied and name not in keep]
    assert not any(same(name, other) for name in free for other in left if other != name)


def test_numbers_are_compared_as_they_are_shown() -> None:
    fields = pd.DataFrame({"age": [60.0, 70.0], "characteristics: age": ["60", "70"], "kit": [None, "x"]})
    assert without_repeats(fields, ["age", "characteristics: age", "kit"]) == ["age", "kit"]
    assert without_repeats(pd.DataFrame(), ["total_counts"]) == ["total_counts"]
