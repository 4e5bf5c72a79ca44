"""What the name of a column says it holds: names of genes, facts on genes, statistics, or one kind of value."""

from __future__ import annotations

import functools
import re

_LONGEST = 500  # patterns take time quadratic in the length of a name
# Of a name without case, blanks and marks, whole.
_GENES = re.compile(
    r"#?((ensembl|ensg|ens|entrez|ncbi|hgnc|mgi|rgd|refseq|ucsc|gencode|official|approved|external|associated|ilmn|"
    r"transcript|cluster|probe|probeset|target|tracking|feature|reporter|locus|array|tag|row)*"
    r"(gene|genes|geneid|genesid|genename|genesname|geneshortname|genesymbol|genesymbols|symbol|symbols|id|ids|name|names|"
    r"tag|accession|identifier)|ensembl|ensg|entrez|entrezgene|entrezid|hgnc|probe|probeset|features?|geneids|genenames|"
    r"idref|orf|unnamed0|index|x|rownames|locus|transcript|transcripts|geneidentifier)?"
)
# Ids that are numbers; a sample may be called x, but not so.
_NUMBERED = re.compile(
    r"(entrez|ncbi|ensembl|hgnc|mgi|rgd)(gene)?(formerlyentrezgene)?(id|identifier)?|geneids?|"
    r"(probe|probeset|arrayaddress|transcriptcluster|transcript|feature|target|tracking)id|idref|id"
)
# Words, between marks: of a whole name, of its beginning or of its end (OP_vs_CT.padj, log2FC_OP).
_STATISTIC = (
    r"log_?2?_?(fc|fold_?change)|log_?2_?ratio|l2fc|lfc(_?se)?|fold_?change|base_?mean[ab]?|log_?cpm|ave?_?expr|"
    r"(nominal_?|adj(usted)?_?)*p_?val(ue)?s?(_?adj(usted)?)?|p_?adj(ust(ed)?)?|adj(usted)?_?p|log_?10_?p(_?val(ue)?|_?adj)?|"
    r"q_?val(ue)?s?|fdr|(test|t|wald)_?stat(istic)?s?|detection(_?p(_?val(ue)?)?)?|bead_?std(err|ev)|array_?std(ev)?|"
    r"avg_?n_?beads|n_?beads|n_?arrays|(fpkm_?)?conf_?(lo|hi)|mean|ave?g?(?!_?(signal|intensity|expr))|average|median|std_?dev|"
    r"variance|grand_?total|(stat_?)?pairs_?(used|in_?avg)|abs_?call|"
    r"g?is_?(well_?above_?bg|found|saturated|pos_?and_?signif|(feat|bg)_?(non_?unif|popn)_?ol)"
)
_STATISTICS = re.compile(rf"(({_STATISTIC})(_.+)?|.+_({_STATISTIC}|sum)|sum_.+)")
_RATIO = re.compile(r"log ?(2|10)? ?\(.*(/|fold|ratio).*\)|.*(\blog2?|ratio) ?\([^()]+/[^()]+\)", re.IGNORECASE)
_FACT = re.compile(
    r"length|width|strand|locus|coverage|(gene|transcript|exons?|cds|tx|utr|orf|m?rna|protein|chr|chrom|chromosome|intron|"
    r"coding)_?(chr|chrom|chromosome|start|end|length|len|size|width|pos|position)(_bp)?|(transcript|exons?|intron)_?"
    r"(counts?|number|num)|"
    r"(start|end)_?(pos|position)|(eff|effective|exonic|total_exon|merged)_?length|gene_strand|transcript_length_.+|chr(omosome)?_(.*_)?name|"
    r"(n|num|number_of|no)_?(exons?|transcripts?|isoforms?)|tss(_?(pos|position|start))?|transcription_?start_?site(_tss)?|"
    r"(percentage_?)?(gene_?)?(%_?)?gc_?(content|percent|%)?|(percent(age)?|pct)_?gc|(gene_?)?bio_?type|gene_?type|"
    r"(gene_?)?description|transcript_id_s|isopct|definition|synonyms"
)
# Names that a sample may have, too.
_PLAIN = re.compile(
    r"start|end|chr|chrom|chromosome|pos|position|score|fc|ratio|sd|se|sem|cv|min|max|"
    r"total|sum|rank|cluster|module|reference|begin|stop|index|row|no|number"
)
_OF_TESTS = re.compile(r"stat|lr|f|t|b|p|q|z|score|fc|ratio")  # beside a column that is surely of a test
_KINDS = {
    "counts": r"((raw|read|expected|est|estimated|gene|umi|unique|mapped)[ ._-]?)*(counts?|reads?|umis?|fragments?)|"
    r"numreads|raw",
    "tpm": r"tpm",
    "fpkm": r"[fr]pkm",
    "cpm": r"cpm",
    "signal": r"(g|chp)?[ ._-]?(avg|raw|mean|median|processed)?[ ._-]?(signal|intensity)",
    "normalised": r"(norm(ali[sz]ed)?|deseq2?|vst|rlog|log2)[ ._-]?"
    r"(counts?|expression|values?|signal|reads?|[fr]pkm|tpm|cpm)?",
}
_MARK = r"[\s._:|\-]+"
_SPLIT = {
    kind: re.compile(
        rf"\(?({words})\)?|(?P<a>.+?)({_MARK}|(?=\())\(?({words})\)?|({words})({_MARK}(?P<b>.+)|\((?P<c>.+)\))",
        re.IGNORECASE,
    )
    for kind, words in reversed(_KINDS.items())  # normalized_counts are no counts
}


@functools.lru_cache(maxsize=1)  # the same name is asked several things in a row
def _key(name: str) -> str:
    name = name.split("\0")[0]
    return re.sub(r"[^a-z0-9%]+", "_", name.casefold()).strip("_") if len(name) <= _LONGEST else ""


def names_genes(name: str) -> bool:
    """Tell whether a column of this name usually names genes, probes or transcripts.

    Examples
    --------
    >>> [names_genes(name) for name in ("Gene", "hgnc_symbol", "Unnamed: 0", "ID_REF", "CT1", "RUNX2", "")]
    [True, True, True, True, False, False, False]
    """
    joined = _key(name).replace("_", "")
    return bool(joined) and bool(_GENES.fullmatch(joined))


def is_statistic(name: str) -> bool:
    """Tell whether a column holds results of a test or of a scanner, whichever sample or contrast it also names.

    Examples
    --------
    >>> [is_statistic(name) for name in ("padj", "OP_vs_CT.log2FoldChange", "CT1.Detection Pval", "CT1", "log2(OP/CT)")]
    [True, True, True, False, True]
    """
    return bool(
        _STATISTICS.fullmatch(_key(name)) or ("(" in name and len(name) <= _LONGEST and _RATIO.fullmatch(name.strip()))
    )


def is_annotation(name: str) -> bool:
    """Tell whether a column describes genes: by ids that are numbers, places, lengths, kinds.

    Examples
    --------
    >>> [is_annotation(name) for name in ("gene_start", "entrezgene_id", "GC content", "Length", "CT1")]
    [True, True, True, True, False]
    """
    key = _key(name)
    return bool(_FACT.fullmatch(key) or _NUMBERED.fullmatch(key.replace("_", "")))


def could_be_either(name: str, *, beside_tests: bool = False) -> bool:
    """Tell whether a column of this name usually describes genes, and might be a sample.

    Examples
    --------
    >>> [could_be_either(name) for name in ("Start", "B", "CT1")], could_be_either("B", beside_tests=True)
    ([True, False, False], True)
    """
    return bool(_PLAIN.fullmatch(_key(name)) or (beside_tests and _OF_TESTS.fullmatch(_key(name))))


def split_kind(name: str) -> tuple[str, str]:
    """Return the sample and the kind of value that a name holds, each empty where it holds none.

    Examples
    --------
    >>> [split_kind(name) for name in ("CT1_FPKM", "counts.CT1", "NumReads", "CT1 (TPM)", "A_norm_counts", "CT1")]
    [('CT1', 'fpkm'), ('CT1', 'counts'), ('', 'counts'), ('CT1', 'tpm'), ('A', 'normalised'), ('CT1', '')]
    """
    for kind, pattern in _SPLIT.items() if len(name) <= _LONGEST else ():
        match = pattern.fullmatch(name.strip())
        if match:
            return match["a"] or match["b"] or match["c"] or "", kind
    return name, ""
