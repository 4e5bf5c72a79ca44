# fatescore: from GEO accessions to a fate-bias report.
# Settings: config/config.yaml, config/datasets.tsv, config/samples.tsv (config/README.md explains every key).
from snakemake.utils import min_version

min_version("9.0")


# A configuration of one's own stands for itself: Snakemake would mix the default's tables and contrasts into it.
if not {"datasets", "samples", "catalogue"} & set(config):

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/fetch.smk"
include: "workflow/rules/ingest.smk"
include: "workflow/rules/qc.smk"
include: "workflow/rules/normalise.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/embed.smk"
include: "workflow/rules/export.smk"
include: "workflow/rules/contrast.smk"
include: "workflow/rules/meta.smk"
include: "workflow/rules/copies.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/report.smk"


localrules:
    all,
    fetch_only,
    qc_only,
    conclude,
    settings,


rule all:
    default_target: True
    input:
        f"{RESULTS}/report.html",
        expand(f"{RESULTS}/datasets/{{dataset}}/report.html", dataset=DATASETS),
        expand(rules.multiqc.output, dataset=DATASETS),
        f"{RESULTS}/done.txt",


rule fetch_only:
    input:
        status_of("fetch", FETCHED),


rule qc_only:
    input:
        expand(f"{RESULTS}/datasets/{{dataset}}/qc.tsv", dataset=DATASETS),
