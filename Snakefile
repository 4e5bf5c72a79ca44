# fatescore: from GEO accessions to a fate-bias report.
# Settings: config/config.yaml, config/datasets.tsv, config/samples.tsv (config/README.md explains every key).
from snakemake.utils import min_version

min_version("9.0")


# A configuration of one's own stands for itself: Snakemake would mix the default's tables and contrasts into it.
if not {"datasets", "samples", "catalogue"} & set(config):

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/datasets.smk"
include: "workflow/rules/run.smk"


localrules:
    all,
    fetch_only,
    qc_only,
    conclude,


rule all:
    default_target: True
    input:
        f"{RESULTS}/report.html",
        expand(rules.report_dataset.output.page, dataset=DATASETS),
        expand(rules.multiqc.output, dataset=DATASETS),
        f"{RESULTS}/done.txt",


rule fetch_only:
    input:
        status_of(["fetch"], FETCHED),


rule qc_only:
    input:
        expand(f"{RESULTS}/datasets/{{dataset}}/qc.tsv", dataset=DATASETS),
