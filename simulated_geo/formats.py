"""GEO's text formats, written: series matrix, family SOFT and platform annotation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pandas as pd

SERVER = "ftp://ftp.ncbi.nlm.nih.gov/geo"
DATE = "Jan 01 2020"
_ANNOT_COLUMNS = (
    "ID", "Gene title", "Gene symbol", "Gene ID", "UniGene title", "UniGene symbol", "UniGene ID", "Nucleotide Title",
    "GI", "GenBank Accession", "Platform_CLONEID", "Platform_ORF", "Platform_SPOTID", "Chromosome location",
    "Chromosome annotation", "GO:Function", "GO:Process", "GO:Component", "GO:Function", "GO:Process", "GO:Component",
)  # fmt: skip

Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Platform:
    """A platform; ``probes`` maps probe id to gene symbol as Affymetrix writes it."""

    accession: str
    title: str
    organism: str
    technology: str
    probes: pd.Series[str] | None = None


@dataclass(frozen=True)
class GeoSample:
    """A sample: its fields in GEO's order; a key may repeat and may be missing in other samples."""

    accession: str
    title: str
    fields: Fields


@dataclass(frozen=True)
class Series:
    """A series; ``signal`` (probes x samples, columns are accessions) only for arrays."""

    accession: str
    title: str
    summary: str
    kind: str
    platform: Platform
    samples: Sequence[GeoSample]
    signal: pd.DataFrame | None = None
    supplementary: Sequence[str] = field(default_factory=tuple)

    def head(self) -> list[tuple[str, str]]:
        """Return the series' own fields."""
        folder = f"{SERVER}/{series_folder(self.accession)}/suppl"
        return [
            ("title", f"SIMULATED: {self.title}"),
            ("geo_accession", self.accession),
            ("status", f"Public on {DATE}"),
            ("submission_date", DATE),
            ("last_update_date", DATE),
            ("summary", f"SIMULATED data, not a measurement. {self.summary}"),
            ("overall_design", "SIMULATED by fatescore; the planted truth is in truth/ at the top of the mirror."),
            ("type", self.kind),
            ("contact_name", "fatescore,,simulate"),
            *[("supplementary_file", f"{folder}/{name}") for name in self.supplementary],
            ("platform_id", self.platform.accession),
        ]


def stub(accession: str) -> str:
    """Return GEO's folder name: the last three digits become ``nnn``.

    Examples
    --------
    >>> stub("GSE900000001"), stub("GPL97")
    ('GSE900000nnn', 'GPLnnn')
    """
    letters, digits = accession[:3], accession[3:]
    return f"{letters}{digits[:-3]}nnn"


def series_folder(accession: str) -> str:
    """Return the folder of a series below the base URL."""
    return f"series/{stub(accession)}/{accession}"


def series_matrix(series: Series) -> str:
    """Render a series matrix; without signal it has the header and the markers only."""
    samples = series.samples
    lines = [f'!Series_{key}\t"{value}"' for key, value in series.head()]
    lines.append('!Series_sample_id\t"' + "".join(f"{sample.accession} " for sample in samples) + '"')
    lines.append("")
    for key, values in _sample_rows(series):
        lines.append("\t".join([f"!Sample_{key}", *(f'"{value}"' for value in values)]))
    lines.append("!series_matrix_table_begin")
    lines.append("\t".join(['"ID_REF"', *(f'"{sample.accession}"' for sample in samples)]))
    if series.signal is not None:
        for probe, row in zip(series.signal.index, series.signal.to_numpy().tolist(), strict=True):
            lines.append("\t".join([f'"{probe}"', *map(str, row)]))
    lines.append("!series_matrix_table_end")
    return "\n".join(lines) + "\n"


def family_soft(series: Series) -> str:
    """Render the family SOFT file: series, platform (with its table) and samples (with their tables)."""
    lines = ["^DATABASE = GeoMiame", "!Database_name = SIMULATED by fatescore", f"^SERIES = {series.accession}"]
    lines += [f"!Series_{key} = {value}" for key, value in series.head()]
    lines += [f"!Series_sample_id = {sample.accession}" for sample in series.samples]
    lines += _soft_platform(series.platform)
    for sample in series.samples:
        lines.append(f"^SAMPLE = {sample.accession}")
        lines += [f"!Sample_{key} = {value}" for key, value in _fields(sample, series)]
        lines += _soft_sample_table(series, sample)
    return "\n".join(lines) + "\n"


def platform_annot(platform: Platform) -> str:
    """Render the platform annotation as GEO keeps it beside the platform: ``A///B``, blank where unknown."""
    if platform.probes is None:
        raise ValueError(f"{platform.accession} has no probes")
    lines = [
        "^Annotation",
        "!Annotation_date = 01/01/2020 00:00:00",
        f"!Annotation_platform = {platform.accession}",
        f"!Annotation_platform_title = {platform.title}",
        f"!Annotation_platform_organism = {platform.organism}",
        *(f"#{column} = SIMULATED" for column in _ANNOT_COLUMNS),
        "!platform_table_begin",
        "\t".join(_ANNOT_COLUMNS),
    ]
    for probe, written in platform.probes.items():
        symbol = "" if written == "---" else written.replace(" /// ", "///")
        title = "///".join(f"SIMULATED {name}" for name in symbol.split("///")) if symbol else ""
        spot = "" if symbol else "--Control"
        row = [str(probe), title, symbol, *[""] * 9, spot, *[""] * 8]
        lines.append("\t".join(row))
    lines.append("!platform_table_end")
    return "\n".join(lines) + "\n"


def _fields(sample: GeoSample, series: Series) -> list[tuple[str, str]]:
    rows = "0" if series.signal is None else str(len(series.signal))
    return [
        ("title", sample.title),
        ("geo_accession", sample.accession),
        ("status", f"Public on {DATE}"),
        ("submission_date", DATE),
        ("last_update_date", DATE),
        *sample.fields,
        ("platform_id", series.platform.accession),
        ("data_row_count", rows),
    ]


def _sample_rows(series: Series) -> Iterator[tuple[str, list[str]]]:
    """Yield one line per key and repetition; a sample with fewer repetitions gets blanks at the end.

    This is what shifts the characteristics of GEO's samples against each other.
    """
    tables = [_fields(sample, series) for sample in series.samples]
    by_key = [{key: [v for k, v in table if k == key] for key, _ in table} for table in tables]
    depth: Counter[str] = Counter()
    for groups in by_key:
        for key, values in groups.items():
            depth[key] = max(depth[key], len(values))
    for key, times in depth.items():
        for i in range(times):
            yield key, [(groups.get(key, [])[i : i + 1] or [""])[0] for groups in by_key]


def _soft_platform(platform: Platform) -> list[str]:
    lines = [
        f"^PLATFORM = {platform.accession}",
        f"!Platform_title = {platform.title}",
        f"!Platform_geo_accession = {platform.accession}",
        f"!Platform_technology = {platform.technology}",
        f"!Platform_organism = {platform.organism}",
        f"!Platform_data_row_count = {0 if platform.probes is None else len(platform.probes)}",
    ]
    if platform.probes is None:
        return lines
    lines += ["#ID = Probe set, SIMULATED", "#GB_ACC = ", "#Gene Symbol = Gene symbol, several joined by ///"]
    lines += ["!platform_table_begin", "ID\tGB_ACC\tGene Symbol"]
    lines += [f"{probe}\t\t{symbol}" for probe, symbol in platform.probes.items()]
    return [*lines, "!platform_table_end"]


def _soft_sample_table(series: Series, sample: GeoSample) -> list[str]:
    if series.signal is None:
        return []
    column = series.signal[sample.accession]
    lines = ["#ID_REF = ", "#VALUE = MAS5 signal", "#ABS_CALL = P present, A absent"]
    lines += ["!sample_table_begin", "ID_REF\tVALUE\tABS_CALL"]
    lines += [f"{probe}\t{value}\t{'P' if value > 100 else 'A'}" for probe, value in column.items()]
    return [*lines, "!sample_table_end"]
