"""Write the page and the picture of the gene sets from their tables: python docs/gene_sets_pages.py."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from fatescore import organisms
from fatescore.files import atomic_path, write_text
from fatescore.gene_sets.claims import load_claims
from fatescore.gene_sets.collection import definition, load, members, mirna_sets, mirna_targets
from fatescore.gene_sets.index import index_names, load_index
from fatescore.gene_sets.matching import MIN_FOUND
from fatescore.pl._palette import ADIPOGENIC, OSTEOGENIC

DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "explanation" / "gene-sets.md"
PICTURE = DOCS / "images" / "gene_sets"

# Claims on a pathway as a whole carry no symbols, so the axis that they belong to is said here.
PATHWAYS = {
    "bmp_smad": "BMP/Smad pathway",
    "wnt_canonical": "canonical Wnt pathway",
    "taz_yap": "non-canonical Wnt pathway",
    "hedgehog": "Hedgehog pathway",
    "notch": "Notch pathway",
}
GROUPS = {
    "For bone, against fat": ("bone", "against_fat"),
    "Both ways": ("both",),
    "Against both fates": ("against_both",),
    "Against bone, for fat": ("against_bone", "fat"),
}
FAVOURS = {
    "bone": "bone", "against_bone": "against bone", "both": "both ways: no sign", "fat": "fat",
    "against_fat": "against fat", "against_both": "against both fates",
}  # fmt: skip
SECTIONS = {
    "0": "abstract and introduction", "1.1": "signalling, opening", "1.1.1": "BMP/Smad", "1.1.2": "Wnt",
    "1.1.3": "Notch", "1.1.4": "Hedgehog", "1.2": "transcription factors", "1.3": "miRNAs", "1.4": "epigenetics",
    "1.5": "other factors, drugs", "2": "pulsed electromagnetic fields", "3": "transplantation", "4": "outlook",
}  # fmt: skip
NO_TREATMENT = "a condition that a contrast can compare, never a gene"


def main() -> None:
    """Write docs/explanation/gene-sets.md and docs/images/gene_sets.{png,svg}."""
    write_text(PAGE, page())
    draw(PICTURE)


# ---- what the picture and the page show -------------------------------------------------------------------------


def regulators() -> pd.DataFrame:
    """Return one row per axis and miRNA: its group, what it does to bone and to fat, and how the review says so."""
    claims = load_claims().set_index("claim_id")
    rows = []
    for name, axis in definition()["axes"].items():
        group = next(title for title, kinds in GROUPS.items() if axis["favours"] in kinds)
        own = _own_claims(name, claims)
        bone, bone_said = _effect(own, "effect_osteogenic")
        fat, fat_said = _effect(own, "effect_adipogenic")
        row = {"set": name, "title": _title(axis["title"]), "group": group, "section": axis["section"]}
        said = {"bone": bone, "bone_said": bone_said, "fat": fat, "fat_said": fat_said}
        rows.append({**row, "favours": axis["favours"], **said, "genes": _genes(name)})
    return pd.DataFrame(rows)


def _own_claims(name: str, claims: pd.DataFrame) -> list[tuple[dict[Any, Any], str]]:
    """Return the claims on an axis or a miRNA with the sign by which they enter it."""
    mirna = mirna_targets().set_index("set_name")["mirna"].drop_duplicates().to_dict()
    entity = mirna.get(name, PATHWAYS.get(name))
    own = [(claim, "+") for claim in claims.to_dict("records") if claim["entity"] == entity]
    for member in members()[members()["gene_set"] == name].to_dict("records"):
        if member["note"].startswith("feedback target"):
            continue  # rises with the pathway, whatever it does itself
        cited = claims.loc[member["claims"].split(";")].to_dict("records")
        own += [(claim, member["sign"]) for claim in cited if member["gene"] in claim["symbols"].split(";")]
    return own


def _effect(own: Iterable[tuple[dict[Any, Any], str]], column: str) -> tuple[str, str]:
    """Return ``+``, ``-``, ``±`` or nothing, and whether the review states or implies it."""
    found: dict[str, str] = {}
    for claim, sign in own:
        effect = claim[column]
        if effect in ("+", "-"):
            effect = effect if sign == "+" else {"+": "-", "-": "+"}[effect]
            if found.get(effect) != "stated":
                found[effect] = claim["confidence"]
    confidence = "stated" if found and set(found.values()) == {"stated"} else "inferred" if found else ""
    return "±" if len(found) == 2 else "".join(found), confidence


def _title(title: str) -> str:
    return title.removesuffix(" activity")


def _genes(name: str) -> str:
    rows = members()[members()["gene_set"] == name]
    if len(rows):
        return " ".join(rows.loc[rows["weight"] == "1", "gene"])
    rows = mirna_targets()[mirna_targets()["set_name"] == name]
    symbols = ", ".join(_named_targets(name))
    sizes = [f"{one} {len(mirna_sets(one)[name])}" for one in organisms.names() if name in mirna_sets(one)]
    read = f"targets read: {', '.join(sizes)}" if sizes else f"not scored, {_why_unscored(name)}"
    return "; ".join(filter(None, [f"acts on {symbols}" if symbols else "", read]))


def _why_unscored(name: str) -> str:
    has = _organisms_with(name)
    only = {"human": "primates only", "mouse": "mouse only"}
    few = f"fewer than {definition()['mirna']['min_targets']} targets"
    return f"{only[has[0]]}, {few}" if len(has) == 1 else few


def _organisms_with(name: str) -> list[str]:
    """Return the organisms that have the miRNA of a set."""
    mirna = mirna_targets().set_index("set_name").loc[[name], "mirna"].iloc[0]
    return [organism for organism in organisms.names() if mirna in organisms.get(organism).mirnas]


def _named_targets(name: str) -> list[str]:
    """Return the targets that the review names, by the symbols of the first organism that has the miRNA."""
    rows = mirna_targets()
    named = rows.loc[(rows["set_name"] == name) & rows["evidence"].str.contains("review"), "gene"]
    return organisms.spelled(named, _organisms_with(name)[0])


def digest() -> str:
    """Return a hash of everything that the picture shows, kept inside the PNG."""
    shown = [*regulators().to_csv(index=False).splitlines(), *map(str, _blocks())]
    return hashlib.sha256("\n".join(shown).encode()).hexdigest()[:16]


def _blocks() -> list[tuple[str, str, str]]:
    """Return (arm, block, genes) of the core index."""
    index = load_index("core")
    units = {block: " ".join(index.units(block)["unit"]) for blocks in index.arms.values() for block in blocks}
    return [(arm, block, units[block]) for arm, blocks in index.arms.items() for block in blocks]


# ---- the page ---------------------------------------------------------------------------------------------------


def page() -> str:
    """Return the text of docs/explanation/gene-sets.md."""
    parts = [
        "# The gene sets: what the review says, as data",
        "<!-- Made by `python docs/gene_sets_pages.py` from gene_sets/*.tsv and index.yaml: correct those. -->",
        "![Regulators of the review, the state arms they act on, and the fates](../images/gene_sets.png)",
        "Left: every regulatory axis and miRNA of the review, with its sign for bone and for fat (filled: the review "
        "says so; hollow: it follows from what it says). Middle: the genes that the index reads. Right: the fates. "
        "Arrows promote, bars hold back. The same as text stands [below](#axes-and-mirnas).",
        *_page_indices(),
        *_page_axes(),
        *_page_own(),
        *_page_members(),
        *_page_silent(),
        *_page_mirna(),
        *_page_claims(),
    ]
    return "\n\n".join(parts) + "\n"


def _page_indices() -> list[str]:
    index = load_index("core")
    blocks = [(arm, f"`{block}`", genes) for arm, block, genes in _blocks()]
    measures = [(f"`{name}`", _formula(terms)) for name, terms in index.measures.items()]
    indices = [
        (f"`{name}`", definition()["indices"][name]["title"], str(len(load_index(name).genes)))
        for name in index_names()
    ]
    return [
        "## How sets form arms, axes and indices",
        "A **set** holds genes with a sign: `+` rises when the set is active. An **arm** is the mean over the measured "
        "genes of its sets. A **measure** is a linear combination of arms or sets. An **axis** is a set that is scored "
        "and reported by itself. A gene with weight 0 is never scored, and a gene counts once in an index. "
        "[What the index measures](index.md) argues the weights.",
        _markdown(("arm", "set", "genes"), blocks),
        _markdown(("measure of `core`", "is"), measures),
        _markdown(("index", "is", "human genes"), indices),
    ]


def _formula(terms: Any) -> str:
    words = [
        f"{'-' if weight < 0 else '+'} {'' if abs(weight) == 1 else f'{abs(weight):g} x '}{part}"
        for part, weight in terms.items()
    ]
    return " ".join(words).removeprefix("+ ")


def _page_axes() -> list[str]:
    said = {"stated": "", "inferred": " (inferred)", "": ""}
    rows = [
        (f"`{row['set']}`", row["title"], FAVOURS[row["favours"]], (row["bone"] + said[row["bone_said"]]) or "not said",
         (row["fat"] + said[row["fat_said"]]) or "not said", row["section"], row["genes"])
        for row in regulators().to_dict("records")
    ]  # fmt: skip
    head = (
        "set",
        "axis or miRNA",
        "active, it favours",
        "bone",
        "fat",
        "section",
        "measured genes (human), or targets",
    )
    return [
        "## Axes and miRNAs",
        "`+` promotes and `-` holds back when active; `±` means that the review says both. Effects are collected from "
        "the claims on the axis and on its members (feedback targets aside). BMP4, which alone favours fat, stands in "
        "no set, nor do BMP7 and BMP9 (cartilage), SOX9 and SOX5 (cartilage) and WNT4 (osteoclasts).",
        _markdown(head, rows),
    ]


def _page_own() -> list[str]:
    forms = [
        ('`{"mine": ["RUNX2", "PPARG-"]}`', "lists, sets, Index, Series; a trailing `-` turns the sign"),
        ('`{"mine": {"RUNX2": 0.5}}`', "weights as a map or a Series"),
        ("DataFrame `source target weight`", "a net as decoupler has it; `fs.gene_sets.as_net(sets)` makes one"),
        ("`sets.gmt`, `sets.json`, also `.gz`", "paths; of miRNA target tables too (with `organism=`)"),
        ("`MSigDB_Hallmark_2020`, `h.all.v2024.1.Hs`", "libraries of Enrichr and MSigDB by name, fetched once"),
    ]
    return [
        "## Your own sets",
        "`fs.tl.score_gene_sets`, `fatescore score --gene-sets` and `gene_sets:` of a run's settings take every form, "
        "and `fs.gene_sets.as_weights` turns all of them into `{name: {gene: weight}}`:",
        _markdown(("form", "is"), forms),
        "Blanks around names are taken off, missing and blank entries are no genes, and what is repeated counts once. "
        "With `organism=` (the command line and the workflow have it) a gene that the data do not name so is found by "
        "its current symbol, in the sets and in the data: former symbols, Ensembl ids, another case. A name that may "
        "be several genes is left out and named. How many genes of each set were found is kept (`coverage` in "
        f'`uns["fatescore"]`, `coverage.tsv` of a run), and a set of which less than '
        f"{MIN_FOUND:.0%} is found is warned of.",
        "In a run own sets are scored for every sample and cell beside those above, and compared and pooled as "
        "`set:<name>`. A name that a set above has is refused. In h5ad and zarr files a `/` in a name is `|`.",
    ]


def _page_members() -> list[str]:
    rows = [
        (f"`{row['gene_set']}`", *(", ".join(organisms.symbols_of(row["gene"], one)) for one in organisms.names()),
         row["sign"], row["weight"], "yes" if row["weight"] == "1" else "no", row["claims"].replace(";", " "))
        for row in members().to_dict("records")
    ]  # fmt: skip
    textbook = {name: genes for name, genes in load("extended").items() if name not in load("review")}
    more = [(f"`{name}`", ", ".join(genes)) for name, genes in textbook.items()]
    return [
        "## Members",
        "`fatescore gene-sets why GENE` prints the claims behind a gene.",
        _markdown(("set", *organisms.names(), "sign", "weight", "measurable", "claims"), rows),
        "Textbook markers, **not from the review**, in the index `extended` only (sources: `gene_sets/extended.tsv`):",
        _markdown(("set", "genes"), more),
    ]


def _page_silent() -> list[str]:
    table = members()
    silent = table[table["weight"] == "0"]
    reasons = [
        (str(reason).removeprefix("no: "), f"`{name}`", ", ".join(rows["gene"]))
        for (name, reason), rows in silent.groupby(["gene_set", "measurable"], sort=False)
    ]
    feedback = table[table["note"].str.startswith("feedback target")]
    sources = feedback["note"].str.extract(r"source: (.+?)(?:; the review|$)", expand=False)
    treated = load_claims().query("entity_type in ['drug', 'physical_therapy', 'cell_therapy']")["entity"].unique()
    return [
        "## What mRNA cannot measure",
        f"{len(silent)} of {len(table)} members have weight 0: the claims are kept, no score uses them.",
        _markdown(("why", "set", "genes"), reasons),
        "miRNAs are not seen in poly-A data and are read from their targets; heterodimers (BMP4/7) and histone marks "
        f"are not seen at all. Treatments are {NO_TREATMENT}: {', '.join(treated)}.",
        "### Feedback targets",
        "They inhibit their pathway, and their mRNA rises when it is on: they count as `+`.",
        _markdown(
            ("gene", "set", "source"), zip(feedback["gene"], "`" + feedback["gene_set"] + "`", sources, strict=True)
        ),
    ]


def _page_mirna() -> list[str]:
    rows, names = [], organisms.names()
    for name, targets in mirna_targets().groupby("set_name", sort=False):
        symbols = ", ".join(_named_targets(str(name))) or "none named"
        cells = [_read_from(str(name), organism) for organism in names]
        rows.append((targets["mirna"].iloc[0], symbols, str(len(targets)), *cells))
    return [
        "## miRNA targets",
        "Activity is minus the level of the targets. Left out are the genes of the core index, since that would be "
        f"circular, and a miRNA with fewer than {definition()['mirna']['min_targets']} targets left. Targets that the "
        "review does not name are those of miRTarBase with strong evidence: ids and papers stand "
        "in `gene_sets/mirna_targets.tsv`.",
        _markdown(
            (
                "miRNA",
                "targets named by the review",
                "targets in the table",
                *(f"read in {one}" for one in organisms.names()),
            ),
            rows,
        ),
    ]


def _read_from(name: str, organism: str) -> str:
    if organism not in _organisms_with(name):
        return f"no such miRNA in {organism}"
    sets = mirna_sets(organism)
    return f"{len(sets[name])} genes" if name in sets else "cannot be scored: too few targets left"


def _page_claims() -> list[str]:
    claims = load_claims()
    about = pd.Series(SECTIONS, name="about").rename_axis("section")
    by_section = pd.crosstab(claims["section"], claims["confidence"], margins=True, margins_name="all")
    by_section = by_section[["all", "stated", "inferred"]].join(about).fillna("")
    by_type = pd.crosstab(claims["entity_type"], claims["section"], margins=True, margins_name="all")
    effects = pd.crosstab(claims["effect_osteogenic"], claims["effect_adipogenic"])
    head = ("bone \\ fat", *map(str, effects.columns))
    return [
        "## Claims",
        f"`gene_sets/claims.tsv` has {len(claims)} claims on {claims['entity'].nunique()} things. "
        "[Where the text is ambiguous](review-ambiguities.md) lists every doubt and decision.",
        _markdown(
            ("section", "about", "claims", "stated", "inferred"),
            [(name, row["about"], row["all"], row["stated"], row["inferred"]) for name, row in by_section.iterrows()],
        ),
        "By type and section:",
        _markdown(("type", *by_type.columns), [(name, *row) for name, row in by_type.iterrows()]),
        "By effect (rows: on bone; columns: on fat):",
        _markdown(head, [(row, *effects.loc[row]) for row in effects.index]),
    ]


def _markdown(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


# ---- the picture ------------------------------------------------------------------------------------------------

INK, SOFT, BAND = "#20242B", "#5A626E", "#F3F4F6"
WIDTH, STEP, HEAD, GAP = 13.4, 0.335, 0.36, 0.16  # inches: page, row, group title, space between groups
X_GENES, X_BONE, X_FAT, X_TABLE, X_ARM, X_FATE = 2.75, 6.6, 7.1, 7.4, 9.1, 12.0
ARM_WIDTH = 2.1


def draw(stem: Path) -> None:
    """Draw the picture as ``stem``.png and ``stem``.svg; the same tables give the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = regulators()
    height = 1.0 + len(rows) * STEP + len(GROUPS) * (HEAD + GAP)
    with mpl.rc_context({"font.family": "DejaVu Sans", "svg.hashsalt": "fatescore", "path.snap": False}):
        figure = Figure(figsize=(WIDTH, height), facecolor="white")
        axes = figure.add_axes((0, 0, 1, 1), xlim=(0, WIDTH), ylim=(height, 0))
        axes.set_axis_off()
        _draw_heads(axes)
        centres = _draw_table(axes, rows)
        _draw_state(axes, rows, centres, height)
        for suffix, metadata in ((".png", {"Software": None, "Description": digest()}), (".svg", {"Date": None})):
            with atomic_path(stem.with_suffix(suffix)) as part:
                figure.savefig(part, dpi=150, metadata=metadata)


def _draw_heads(axes: Any) -> None:
    heads = ((0.2, "Regulators, when active"), (X_ARM, "State: genes read"), (X_FATE, "Fate"))
    for x, words in heads:
        axes.text(x, 0.34, words, fontsize=12, weight="bold", color=INK, va="center")
    axes.text(X_GENES, 0.62, "genes that mRNA can measure", fontsize=7, color=SOFT, va="center")
    axes.text(X_BONE, 0.62, "bone", fontsize=10, weight="bold", color=OSTEOGENIC, ha="center", va="center")
    axes.text(X_FAT, 0.62, "fat", fontsize=10, weight="bold", color=ADIPOGENIC, ha="center", va="center")


def _draw_table(axes: Any, rows: pd.DataFrame) -> dict[str, float]:
    """Draw the groups of regulators and return the height of each group's middle."""
    from matplotlib.patches import FancyBboxPatch

    y, centres = 0.85, {}
    for group in GROUPS:
        of_group = rows[rows["group"] == group]
        size = HEAD + len(of_group) * STEP
        box = FancyBboxPatch(
            (0.12, y), X_TABLE - 0.12, size, boxstyle="round,pad=0,rounding_size=0.08", fc=BAND, ec="none"
        )
        axes.add_patch(box)
        colour = {0: OSTEOGENIC, len(GROUPS) - 1: ADIPOGENIC}.get(list(GROUPS).index(group), SOFT)
        axes.text(0.25, y + 0.2, group, fontsize=10, weight="bold", color=colour, va="center")
        for number, row in enumerate(of_group.to_dict("records")):
            middle = y + HEAD + (number + 0.42) * STEP
            axes.text(0.25, middle, row["title"], fontsize=9.5, color=INK, va="center")
            axes.text(X_GENES, middle, row["genes"], fontsize=7, color=SOFT, va="center")
            _draw_sign(axes, X_BONE, middle, row["bone"], row["bone_said"], OSTEOGENIC)
            _draw_sign(axes, X_FAT, middle, row["fat"], row["fat_said"], ADIPOGENIC)
        centres[group] = y + size / 2
        y += size + GAP
    return centres


def _draw_sign(axes: Any, x: float, y: float, effect: str, said: str, colour: str) -> None:
    if not effect:
        axes.plot([x], [y], marker="o", markersize=2.5, color="#C4C8CE")
        return
    filled = said == "stated"
    axes.plot([x], [y], marker="o", markersize=14, mfc=colour if filled else "white", mec=colour, mew=1.6)
    sign = effect.replace("-", "\N{MINUS SIGN}")
    axes.text(
        x, y, sign, fontsize=12, weight="bold", color="white" if filled else colour, ha="center", va="center_baseline"
    )


def _draw_state(axes: Any, rows: pd.DataFrame, centres: dict[str, float], height: float) -> None:
    boxes = {"osteogenic": (height * 0.17, 2.35, OSTEOGENIC), "adipogenic": (height * 0.62, 1.35, ADIPOGENIC)}
    fates = {"osteogenic": ("BONE", "osteoblast"), "adipogenic": ("FAT", "adipocyte")}
    for arm, (top, size, colour) in boxes.items():
        _frame(axes, X_ARM, top, ARM_WIDTH, size, colour)
        blocks = [(block, genes) for name, block, genes in _blocks() if name == arm]
        for number, (block, genes) in enumerate(blocks):
            y = top + size * (number + 0.5) / len(blocks)
            words = block.replace("osteogenic_", "").replace("adipogenic", "fat") + (
                " bone genes" if len(blocks) > 1 else " genes"
            )
            axes.text(X_ARM + ARM_WIDTH / 2, y - 0.2, words, fontsize=9, color=SOFT, ha="center", va="center")
            axes.text(
                X_ARM + ARM_WIDTH / 2, y + 0.12, genes, fontsize=9.5, weight="bold", color=INK, ha="center", va="center"
            )
        middle = top + size / 2
        _frame(axes, X_FATE, middle - 0.45, 1.2, 0.9, colour, fill=colour)
        for shift, words, points in ((-0.13, fates[arm][0], 13), (0.2, fates[arm][1], 9)):
            axes.text(
                X_FATE + 0.6,
                middle + shift,
                words,
                fontsize=points,
                weight="bold",
                color="white",
                ha="center",
                va="center",
            )
        _edge(axes, (X_ARM + ARM_WIDTH, middle), (X_FATE, middle), "+", colour)
    middles = [top + size / 2 for top, size, _ in boxes.values()]
    words = "fate bias =\nbone \N{MINUS SIGN} fat"
    axes.text(X_FATE + 0.6, sum(middles) / 2, words, fontsize=10, weight="bold", color=INK, ha="center", va="center")
    _draw_edges(axes, rows, centres, boxes)
    _draw_legend(axes, height)


def _draw_edges(axes: Any, rows: pd.DataFrame, centres: dict[str, float], boxes: dict[str, Any]) -> None:
    """Draw one edge from each group to each arm that all its members with an effect agree on."""
    for number, group in enumerate(GROUPS):
        of_group = rows[rows["group"] == group]
        for column, arm, shift in (("bone", "osteogenic", -0.16), ("fat", "adipogenic", 0.16)):
            top, size, colour = boxes[arm]
            effects = set(of_group[column]) - {""}
            place = top + size * (number + 0.75) / (len(GROUPS) + 0.5)
            if effects:
                effect = effects.pop() if len(effects) == 1 else "±"
                _edge(axes, (X_TABLE + 0.03, centres[group] + shift), (X_ARM, place), effect, colour)
    top, size, colour = boxes["osteogenic"]
    _edge(axes, (X_ARM + 1.05, top + size), (X_ARM + 1.05, boxes["adipogenic"][0]), "-", ADIPOGENIC)
    axes.text(
        X_ARM + 1.17, (top + size + boxes["adipogenic"][0]) / 2, "SP7 lowers PPARG", fontsize=8, color=SOFT, va="center"
    )


def _edge(axes: Any, start: tuple[float, float], end: tuple[float, float], effect: str, colour: str) -> None:
    """Draw an edge: an arrow promotes, a bar holds back, ± does both."""
    from matplotlib.patches import FancyArrowPatch

    styles = {"+": "-|>,head_length=7,head_width=4", "-": "|-|,widthA=0,widthB=5", "±": "-"}
    dashes: dict[str, Any] = {"+": "solid", "-": (0, (4, 2)), "±": (0, (1, 1.5))}
    patch = FancyArrowPatch(start, end, arrowstyle=styles[effect], lw=2, color=colour, shrinkA=0, shrinkB=6)
    patch.set_linestyle(dashes[effect])
    axes.add_patch(patch)
    if effect == "±":
        x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
        paper = {"boxstyle": "circle,pad=0.1", "fc": "white", "ec": "none"}
        axes.text(x, y, "±", fontsize=13, weight="bold", color=colour, ha="center", va="center", bbox=paper)


def _frame(axes: Any, x: float, y: float, width: float, height: float, colour: str, *, fill: str = "white") -> None:
    from matplotlib.patches import FancyBboxPatch

    axes.add_patch(
        FancyBboxPatch((x, y), width, height, boxstyle="round,pad=0,rounding_size=0.12", fc=fill, ec=colour, lw=2)
    )


def _draw_legend(axes: Any, height: float) -> None:
    y = height - 1.25
    for shift, effect, words in ((0, "+", "promotes"), (0.27, "-", "holds back"), (0.54, "±", "both")):
        _edge(axes, (X_ARM, y + shift), (X_ARM + 0.6, y + shift), effect, SOFT)
        axes.text(X_ARM + 0.75, y + shift, words, fontsize=9, color=INK, va="center")
    for shift, said, words in ((0, "stated", "the review says so"), (0.27, "inferred", "follows from it")):
        _draw_sign(axes, X_ARM + 2.0, y + shift, "+", said, SOFT)
        axes.text(X_ARM + 2.2, y + shift, words, fontsize=9, color=INK, va="center")
    axes.plot([X_ARM + 2.0], [y + 0.54], marker="o", markersize=2.5, color="#C4C8CE")
    axes.text(X_ARM + 2.2, y + 0.54, "not said", fontsize=9, color=INK, va="center")


if __name__ == "__main__":
    main()
