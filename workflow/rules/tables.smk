# Tables of a data set, or of a contrast across data sets, that are put one below the other.
TABLES = f"{RESULTS}/tables"


rule tables:
    input:
        datasets=expand(
            [
                rules.ingest.output.fields,
                rules.qc.output.table,
                rules.qc.output.metrics,
                rules.qc.output.components,
                rules.qc.output.pca,
                rules.score.output.samples,
                rules.score.output.contributions,
                rules.score.output.coverage,
                rules.score.output.methods,
                rules.contrast.output.contrasts,
                rules.contrast.output.confounding,
                rules.contrast.output.contributions,
                rules.contrast.output.explained,
                rules.contrast.output.specification,
            ],
            dataset=DATASETS,
        ),
        across=expand(
            [
                rules.contrast_across.output.contrasts,
                rules.contrast_across.output.confounding,
                rules.contrast_across.output.contributions,
                rules.contrast_across.output.explained,
                rules.contrast_across.output.specification,
            ],
            contrast=ACROSS,
        ),
        meta=rules.meta.output,
        copies=rules.copies.output,
    output:
        sample_fields=f"{TABLES}/sample_fields.tsv",
        qc=f"{TABLES}/qc.tsv",
        qc_metrics=f"{TABLES}/qc_metrics.tsv",
        qc_components=f"{TABLES}/qc_components.tsv",
        qc_pca=f"{TABLES}/qc_pca.tsv",
        sample_scores=f"{TABLES}/sample_scores.tsv",
        gene_contributions=f"{TABLES}/gene_contributions.tsv",
        coverage=f"{TABLES}/coverage.tsv",
        method_scores=f"{TABLES}/method_scores.tsv",
        contrasts=f"{TABLES}/contrasts.tsv",
        confounding=f"{TABLES}/confounding.tsv",
        contributions=f"{TABLES}/contributions.tsv",
        explained=f"{TABLES}/explained.tsv",
        specification=f"{TABLES}/specification.tsv",
        meta=f"{TABLES}/meta.tsv",
        meta_robustness=f"{TABLES}/meta_robustness.tsv",
        meta_specification=f"{TABLES}/meta_specification.tsv",
        scoreboard=f"{TABLES}/scoreboard.tsv",
        copies=f"{TABLES}/copies.tsv",
        dictionary=f"{TABLES}/data_dictionary.tsv",
    log:
        f"{RESULTS}/logs/tables.log",
    benchmark:
        f"{RESULTS}/benchmarks/tables.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        folders=[
            *expand(f"{RESULTS}/datasets/{{dataset}}", dataset=DATASETS),
            *expand(f"{RESULTS}/across/{{contrast}}", contrast=ACROSS),
            RESULTS,
        ],
        output=lambda wildcards, output: str(Path(output.dictionary).parent),
    shell:
        "fatescore tables {params.folders:q} --output-dir {params.output:q} > {log:q} 2>&1"


rule multiqc:
    input:
        qc=rules.qc.output.table,
        metrics=rules.qc.output.metrics,
        cells=rules.qc.output.cells,
    output:
        samples=f"{RESULTS}/datasets/{{dataset}}/qc_samples_mqc.json",
        dropped=f"{RESULTS}/datasets/{{dataset}}/qc_dropped_mqc.json",
    log:
        f"{RESULTS}/logs/multiqc/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/multiqc/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=2000,
        runtime=15,
    shell:
        "fatescore multiqc --dataset {wildcards.dataset} --qc {input.qc:q} --metrics {input.metrics:q} "
        "--cells {input.cells:q} --samples-output {output.samples:q} --dropped-output {output.dropped:q} > {log:q} 2>&1"
