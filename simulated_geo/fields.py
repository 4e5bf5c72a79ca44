"""The metadata of simulated samples, field by field in GEO's order."""

from __future__ import annotations

from typing import Any

from simulated_geo.formats import Fields

HUMAN, MOUSE = "Homo sapiens", "Mus musculus"
TRIPLET = ("barcodes.tsv.gz", "features.tsv.gz", "matrix.mtx.gz")


def array_title(row: dict[str, Any]) -> str:
    """Return a title that tells group, donor, passage and age, as the real series does."""
    group = "ctrl" if row["condition"] == "control" else "osteopo"
    return f"BMSC-{group}_donor{row['n']}(#{row['donor']})_P{row['passage']}_{row['age']}yrs"


def bulk_title(row: dict[str, Any]) -> str:
    """Return the short title that also names the column of the count table."""
    return {"control": "CTRL", "osteoporosis": "OP", "sham": "sham", "ovariectomy": "OVX"}[
        row["condition"]
    ] + f"_{row['n']}"


def _characteristics(*values: str) -> Fields:
    return tuple(("characteristics_ch1", value) for value in values if value)


def array_fields(row: dict[str, Any]) -> Fields:
    """Return the fields of an array sample."""
    case = row["condition"] != "control"
    return (
        ("type", "RNA"),
        ("channel_count", "1"),
        ("source_name_ch1", "BMSC-osteopo_elderly" if case else "BMSC-ctrl_elderly"),
        ("organism_ch1", HUMAN),
        *_characteristics(
            f"gender: {row['sex']}",
            f"age: {row['age']} yrs (elderly)",
            # Only the patients have this field: everything after it is one line lower for them.
            "diagnosis: primary osteoporosis" if case else "",
            "tissue: bone marrow",
            "cell type: mesenchymal stromal cells",
            f"passage: passage {row['passage']}",
            f"sample id: donor {row['n']} (MSC population #{row['donor']})",
        ),
        ("molecule_ch1", "total RNA"),
        ("extract_protocol_ch1", "SIMULATED: RNA was isolated with a column kit, including DNase digestion."),
        ("label_ch1", "biotin"),
        ("label_protocol_ch1", f"SIMULATED: labelled with a 3' IVT kit, lot {row['batch']}, from 200 ng RNA."),
        ("taxid_ch1", "9606"),
        ("hyb_protocol", "SIMULATED: 10 µg of cRNA were hybridized for 16 hr at 45°C."),
        ("description", row["simulated_sample"]),
        ("data_processing", "SIMULATED: global scaling to a trimmed mean of 500, as the MAS5 algorithm does."),
    )


def _sequenced(
    row: dict[str, Any], source: str, organism: str, taxid: str, *, before: tuple[str, ...], after: tuple[str, ...],
    processing: str, protocols: tuple[str, ...] = (), files: tuple[str, ...] = ("NONE",),
) -> Fields:  # fmt: skip
    """Return the fields of a sequenced sample; characteristics come before and after sex."""
    return (
        ("type", "SRA"),
        ("channel_count", "1"),
        ("source_name_ch1", source),
        ("organism_ch1", organism),
        *_characteristics(*before, f"Sex: {row['sex']}", *after),
        ("molecule_ch1", "polyA RNA"),
        *(("extract_protocol_ch1", f"SIMULATED: {protocol}") for protocol in protocols),
        ("taxid_ch1", taxid),
        ("data_processing", f"SIMULATED: {processing}"),
        ("instrument_model", "SIMULATED sequencer"),
        ("library_strategy", "RNA-Seq"),
        *((f"supplementary_file_{i}", file) for i, file in enumerate(files, start=1)),
    )


def sequencing_fields(row: dict[str, Any]) -> Fields:
    """Return the fields of a human RNA-seq sample."""
    return _sequenced(
        row, "bone marrow stromal cells", HUMAN, "9606",
        before=(f"disease state: {row['condition']}", f"donor: {row['donor']}"),
        after=(f"age: {row['age']}", "tissue: bone marrow", f"passage: P{row['passage']}"),
        processing="gene counts; Genome_build: GRCh38", protocols=("column kit.", "stranded mRNA library kit."),
    )  # fmt: skip


def droplet_fields(row: dict[str, Any]) -> Fields:
    """Return the fields of a 10x sample."""
    return _sequenced(
        row, "bone marrow, femoral head", HUMAN, "9606",
        before=(f"disease state: {row['condition']}", f"donor: {row['donor']}"),
        after=(f"age: {row['age']}", "tissue: bone marrow", "chemistry: 10x 3' v3"),
        processing="filtered barcodes; Genome_build: GRCh38",
        files=tuple(f"SIMULATED://{row['sample']}_{row['title']}_{end}" for end in TRIPLET),
    )  # fmt: skip


def mouse_fields(row: dict[str, Any]) -> Fields:
    """Return the fields of a mouse RNA-seq sample."""
    return _sequenced(
        row, "marrow stromal cells", MOUSE, "10090",
        before=("strain: C57BL/6J", f"operation: {row['condition']}", f"animal: {row['donor']}"),
        after=(f"age: {row['age']} weeks", "tissue: bone marrow"), processing="gene counts; Genome_build: GRCm39",
    )  # fmt: skip
