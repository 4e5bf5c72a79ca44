rule contrast:
    input:
        scores=rules.score.output.samples,
        fields=rules.ingest.output.fields,
        qc=rules.qc.output.table,
        metrics=rules.qc.output.metrics,
        genes=rules.score.output.contributions,
        cells=rules.score.output.scores,
        expression=lambda wildcards: (
            rules.normalise.output.pseudobulk
            if PLAN.datasets[wildcards.dataset].assay == "single_cell"
            else rules.normalise.output.h5ad
        ),
        methods=rules.score.output.methods,
        cell_methods=rules.score.output.cell_methods,
        status=rules.score.output.status,
    output:
        contrasts=f"{RESULTS}/datasets/{{dataset}}/contrasts.tsv",
        confounding=f"{RESULTS}/datasets/{{dataset}}/confounding.tsv",
        contributions=f"{RESULTS}/datasets/{{dataset}}/contributions.tsv",
        explained=f"{RESULTS}/datasets/{{dataset}}/explained.tsv",
        specification=f"{RESULTS}/datasets/{{dataset}}/specification.tsv",
        status=f"{RESULTS}/datasets/{{dataset}}/status/contrast.json",
    log:
        f"{RESULTS}/logs/contrast/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/contrast/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        cells=lambda wildcards, input: (
            f"--cells {shlex.quote(str(input.cells))}"
            if PLAN.datasets[wildcards.dataset].assay == "single_cell"
            else ""
        ),
        contrasts=lambda wildcards: contrast_flags(
            PLAN.contrasts_within(wildcards.dataset)
        ),
        seed=SETTINGS["seed"],
    shell:
        "fatescore contrast --sample-scores {input.scores:q} --sample-fields {input.fields:q} --qc {input.qc:q} "
        "--qc-metrics {input.metrics:q} "
        "--gene-contributions {input.genes:q} {params.cells} --expression {input.expression:q} "
        "{params.contrasts} --seed {params.seed} "
        "--output {output.contrasts:q} --confounding {output.confounding:q} --contributions {output.contributions:q} "
        "--explained {output.explained:q} --method-scores {input.methods:q} "
        "--cell-method-scores {input.cell_methods:q} --specification {output.specification:q} "
        "--dataset {wildcards.dataset} --status-in {input.status:q} --status-out {output.status:q} > {log:q} 2>&1"


rule contrast_across:
    input:
        scores=lambda wildcards: expand(
            rules.score.output.samples, dataset=ACROSS[wildcards.contrast].datasets
        ),
        fields=lambda wildcards: expand(
            rules.ingest.output.fields, dataset=ACROSS[wildcards.contrast].datasets
        ),
        qc=lambda wildcards: expand(
            rules.qc.output.table, dataset=ACROSS[wildcards.contrast].datasets
        ),
        genes=lambda wildcards: expand(
            rules.score.output.contributions,
            dataset=ACROSS[wildcards.contrast].datasets,
        ),
        methods=lambda wildcards: expand(
            rules.score.output.methods, dataset=ACROSS[wildcards.contrast].datasets
        ),
        status=lambda wildcards: status_of("score", ACROSS[wildcards.contrast].datasets),
    output:
        contrasts=f"{RESULTS}/across/{{contrast}}/contrasts.tsv",
        confounding=f"{RESULTS}/across/{{contrast}}/confounding.tsv",
        contributions=f"{RESULTS}/across/{{contrast}}/contributions.tsv",
        explained=f"{RESULTS}/across/{{contrast}}/explained.tsv",
        specification=f"{RESULTS}/across/{{contrast}}/specification.tsv",
        status=f"{RESULTS}/across/{{contrast}}/status.json",
    log:
        f"{RESULTS}/logs/contrast_across/{{contrast}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/contrast_across/{{contrast}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        contrasts=lambda wildcards: contrast_flags([ACROSS[wildcards.contrast]]),
        seed=SETTINGS["seed"],
    shell:
        "fatescore contrast --sample-scores {input.scores:q} --sample-fields {input.fields:q} --qc {input.qc:q} "
        "--gene-contributions {input.genes:q} {params.contrasts} --seed {params.seed} "
        "--output {output.contrasts:q} --confounding {output.confounding:q} --contributions {output.contributions:q} "
        "--explained {output.explained:q} --method-scores {input.methods:q} --specification {output.specification:q} "
        "--dataset {wildcards.contrast} --status-in {input.status:q} --status-out {output.status:q} > {log:q} 2>&1"
