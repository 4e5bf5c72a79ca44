"""Small inputs in every layout."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

MATRIX = """!Series_title\t"{title}"
!Series_geo_accession\t"GSE5"
!Series_platform_id\t"GPL7"

!Sample_title\t"ctrl 1"\t"ctrl 2"\t"op-1"\t"op-2"
!Sample_geo_accession\t"GSM1"\t"GSM2"\t"GSM3"\t"GSM4"
!Sample_characteristics_ch1\t"age: 80"\t"age: 81"\t"diagnosis: OP"\t"diagnosis: OP"
!Sample_characteristics_ch1\t"genotype/variation: wt"\t"genotype/variation: wt"\t"age: 82"\t"age: 83"
!Sample_contact_email\t"a@x.example"\t"a@x.example"\t"a@x.example"\t"a@x.example"
!Sample_platform_id\t"GPL7"\t"GPL7"\t"GPL7"\t"GPL7"
!series_matrix_table_begin
"ID_REF"\t"GSM1"\t"GSM2"\t"GSM3"\t"GSM4"
{rows}!series_matrix_table_end
"""
PROBES = '"p1"\t5.5\t6.25\t7\t8.5\n"p2"\t9\t9.5\t9\t9.5\n"p3"\t3\t4\t5.5\t6\n"p4"\t1.5\t2\t3\t4\n"p5"\t1.5\t2\t3\t7\n'
ANNOTATION = (
    "^Annotation\n!platform_table_begin\nID\tGene symbol\np1\tRUNX2\np2\tRUNX2\np3\tPMF1-BGLAP///PMF1///BGLAP\n"
    "p4\tA1BG///A2M\np5\t\n!platform_table_end\n"
)


@pytest.fixture
def samples() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "dataset": ["d"] * 4 + ["other"],
            "sample": ["GSM1", "GSM2", "GSM3", "GSM4", "X"],
            "donor": ["c1", "c2", "o1", "o2", "x"],
            "condition": ["control", "control", "osteoporosis", "osteoporosis", "x"],
            "batch": ["1", "2", "1", "2", "1"],
        }
    )


@pytest.fixture
def series(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder as fatescore fetch does."""

    def write(rows: str = PROBES, title: str = "A series", annotation: str = ANNOTATION, **suppl: bytes) -> Path:
        folder = tmp_path / "GSE5"
        for part in ("matrix", "platform", "suppl"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        text = MATRIX.format(title=title, rows=rows)
        (folder / "matrix" / "GSE5_series_matrix.txt.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        if annotation:
            (folder / "platform" / "GPL7.annot.gz").write_bytes(gzip.compress(annotation.encode(), mtime=0))
        for name, data in suppl.items():
            (folder / "suppl" / name).write_bytes(data)
        return folder

    return write


def triplet(genes: list[str], cells: list[str], counts: list[list[int]], *, version: int = 3) -> dict[str, bytes]:
    """Return matrix, features and barcodes; ``counts`` is genes x cells."""
    entries = [(g + 1, c + 1, n) for g, row in enumerate(counts) for c, n in enumerate(row) if n]
    head = f"%%MatrixMarket matrix coordinate integer general\n%\n{len(genes)} {len(cells)} {len(entries)}\n"
    tail = ["", "\tGene Expression"][version == 3]
    return {
        "matrix.mtx": (head + "".join(f"{g} {c} {n}\n" for g, c, n in entries)).encode(),
        ["genes.tsv", "features.tsv"][version == 3]: "".join(f"{gene}{tail}\n" for gene in genes).encode(),
        "barcodes.tsv": "".join(f"{cell}\n" for cell in cells).encode(),
    }


def tarred(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture(name="triplet")
def _triplet() -> Callable[..., dict[str, bytes]]:
    return triplet


@pytest.fixture(name="tarred")
def _tarred() -> Callable[[dict[str, bytes]], bytes]:
    return tarred
