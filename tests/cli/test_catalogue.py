"""The verb catalogue."""

from __future__ import annotations

import pytest

from fatescore import catalogue
from fatescore.cli import main


def test_the_list_names_what_is_not_known(capsys: pytest.CaptureFixture) -> None:
    assert main(["catalogue"]) == 0
    rows = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert [row[0] for row in rows[1:]] == catalogue.names()
    assert {len(row) for row in rows} == {7}
    assert next(row for row in rows if row[0] == "GSE113253")[-1] == "scale, donor"


def test_an_entry_says_what_was_seen_and_what_was_not(capsys: pytest.CaptureFixture) -> None:
    assert main(["catalogue", "GSE35958"]) == 0
    said = capsys.readouterr().out
    assert "n_samples\t9\tthe header of its series matrix" in said
    assert "scale\tlinear\tunverified: checked when the values are read" in said
    assert main(["catalogue", "GSE35985"]) == 2
    assert 'did you mean "GSE35958"' in capsys.readouterr().err
