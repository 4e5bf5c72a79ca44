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


def sequencing_fields(row: dict[str, Any]) -> Fields:
    """Return the fields of a human RNA-seq sample."""
    return (
        ("type", "SRA"),
        ("channel_count", "1"),
        ("source_name_ch1", "bone marrow stromal cells"),
        ("organism_ch1", HUMAN),
        *_characteristics(
            f"disease state: {row['condition']}",
            f"donor: {row['donor']}",
            f"Sex: {row['sex']}",
            f"age: {row['age']}",
            "tissue: bone marrow",
            f"passage: P{row['passage']}",
        ),
        ("molecule_ch1", "polyA RNA"),
        ("extract_protocol_ch1", "SIMULATED: column kit."),
        ("extract_protocol_ch1", "SIMULATED: stranded mRNA library kit."),
        ("taxid_ch1", "9606"),
        ("data_processing", "SIMULATED: gene counts; Genome_build: GRCh38"),
        ("instrument_model", "SIMULATED sequencer"),
        ("library_strategy", "RNA-Seq"),
        ("supplementary_file_1", "NONE"),
    )


def droplet_fields(row: dict[str, Any]) -> Fields:
    """Return the fields of a 10x sample."""
    folder = f"SIMULATED://{row['sample']}_{row['title']}"
    return (
        ("type", "SRA"),
        ("channel_count", "1"),
        ("source_name_ch1", "bone marrow, femoral head"),
        ("organism_ch1", HUMAN),
        *_characteristics(
            f"disease state: {row['condition']}",
            f"donor: {row['donor']}",
            f"Sex: {row['sex']}",
            f"age: {row['age']}",
            "tissue: bone marrow",
            "chemistry: 10x 3' v3",
        ),
        ("molecule_ch1", "polyA RNA"),
        ("taxid_ch1", "9606"),
        ("data_processing", "SIMULATED: filtered barcodes; Genome_build: GRCh38"),
        ("instrument_model", "SIMULATED sequencer"),
        ("library_strategy", "RNA-Seq"),
        *((f"supplementary_file_{i}", f"{folder}_{end}") for i, end in enumerate(TRIPLET, start=1)),
    )


def mouse_fields(row: dict[str, Any]) -> Fields:
    """Return the fields of a mouse RNA-seq sample."""
    return (
        ("type", "SRA"),
        ("channel_count", "1"),
        ("source_name_ch1", "marrow stromal cells"),
        ("organism_ch1", MOUSE),
        *_characteristics(
            "strain: C57BL/6J",
            f"operation: {row['condition']}",
            f"animal: {row['donor']}",
            f"Sex: {row['sex']}",
            f"age: {row['age']} weeks",
            "tissue: bone marrow",
        ),
        ("molecule_ch1", "polyA RNA"),
        ("taxid_ch1", "10090"),
        ("data_processing", "SIMULATED: gene counts; Genome_build: GRCm39"),
        ("instrument_model", "SIMULATED sequencer"),
        ("library_strategy", "RNA-Seq"),
        ("supplementary_file_1", "NONE"),
    )
