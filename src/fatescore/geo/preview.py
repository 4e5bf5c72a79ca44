"""What a fetch would bring, and how big it is: nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from fatescore.errors import FetchError
from fatescore.geo._faults import MissingError, RefusedError
from fatescore.geo._mirror import PATIENT, Mirror, Patience
from fatescore.geo._names import can_hold_values, choose
from fatescore.geo._source import open_source
from fatescore.geo.accession import DEFAULT_BASE_URL, Accession, check_base_url
from fatescore.geo.fetch import kinds_of


@dataclass(frozen=True)
class Expected:
    """A file that would come; ``size`` in bytes is ``None`` where the server does not tell."""

    kind: str
    name: str
    url: str
    size: int | None


def preview(
    accession: str,
    *,
    base_url: str = DEFAULT_BASE_URL,
    what: str | Sequence[str] = "auto",
    file: str = "",
    patience: Patience = PATIENT,
) -> list[Expected]:
    """List what :func:`fatescore.geo.fetch` would bring.

    Parameters
    ----------
    accession, base_url, what, file, patience
        As for :func:`fatescore.geo.fetch`. With ``auto`` all files are listed of which some would come: which, depends
        on whether the matrix has values. What only the matrix says is not known yet: the platforms of a series, and
        its supplementary files where the mirror does not list them.

    Raises
    ------
    FetchError
        When the accession is unknown at the mirror.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import fatescore as fs
    >>> folder = pathlib.Path(tempfile.mkdtemp()) / "series/GSE1nnn/GSE1234/matrix"
    >>> folder.mkdir(parents=True)
    >>> _ = (folder / "GSE1234_series_matrix.txt.gz").write_bytes(bytes(10))
    >>> [(file.name, file.size) for file in fs.geo.preview("GSE1234", base_url=folder.parents[3].as_uri())]
    [('GSE1234_series_matrix.txt.gz', 10)]
    """
    target = Accession.parse(accession)
    base = check_base_url(base_url)
    mirror = Mirror(base, open_source(base, (patience.connect, patience.read)), patience)
    kinds = kinds_of(what, target)
    supplement = cache(lambda: choose(mirror.supplementary(target), file))
    if "auto" in kinds:
        kinds = ["platform"] if target.kind == "GPL" else ["matrix", "suppl"]
        if target.kind == "GSE" and not any(map(can_hold_values, supplement())):
            kinds.append("counts")
    lists: dict[str, Callable[[], Sequence[tuple[str, str]]]] = {
        "matrix": lambda: [(f"{target.part('matrix')}/{name}", name) for name in mirror.matrices(target)[0]],
        "soft": lambda: [(f"{target.part('soft')}/{target.family}", target.family)],
        "suppl": lambda: [(f"{target.part('suppl')}/{name}", name) for name in supplement()],
        "platform": lambda: [(target.annotation, f"{target}.annot.gz")] if target.kind == "GPL" else [],
        "counts": lambda: [place for made in target.counts(base) for place in (made.counts, made.genes)],
    }
    found = []
    for kind in kinds:
        for relative, name in lists[kind]():
            try:
                found.append(Expected(kind, name, mirror.url(relative), mirror.size(relative)))
            except (MissingError, RefusedError):
                continue
    if not found:
        raise FetchError(f"{target} is not at {base}", fix="check the accession or the mirror")
    return found
