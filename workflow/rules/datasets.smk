# The steps of one data set. What a step reads and writes is declared in fatescore.steps.declarations.


rule fetch:
    output:
        makes(DATASET_STEPS["fetch"]),
    log:
        f"{RESULTS}/logs/fetch/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/fetch/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=1000,
        runtime=240,
    params:
        folder=dataset_folder,
        accession=lambda wildcards: PLAN.datasets[wildcards.dataset].accession,
        what=lambda wildcards: PLAN.datasets[wildcards.dataset].what,
        base_url=lambda wildcards: SETTINGS["geo_base_url"],
        dest=lambda wildcards: f"{SETTINGS['resources']}/geo",
    shell:
        "fatescore fetch {params.accession:q} --base-url {params.base_url:q} --dest {params.dest:q} --what {params.what} "
        "--folder {params.folder:q} > {log:q} 2>&1"


rule ingest:
    input:
        data_of,
    output:
        makes(DATASET_STEPS["ingest"]),
    log:
        f"{RESULTS}/logs/ingest/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/ingest/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        folder=dataset_folder,
        arguments=arguments_of("ingest"),
    shell:
        "fatescore ingest {params.folder:q} --keep-going > {log:q} 2>&1"


rule fingerprint:
    input:
        needs(DATASET_STEPS["fingerprint"]),
    output:
        makes(DATASET_STEPS["fingerprint"]),
    log:
        f"{RESULTS}/logs/fingerprint/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/fingerprint/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        folder=dataset_folder,
    shell:
        "fatescore fingerprint {params.folder:q} --keep-going > {log:q} 2>&1"


rule qc:
    input:
        needs(DATASET_STEPS["qc"]),
    output:
        makes(DATASET_STEPS["qc"]),
    log:
        f"{RESULTS}/logs/qc/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/qc/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        folder=dataset_folder,
        arguments=arguments_of("qc"),
    shell:
        "fatescore qc {params.folder:q} --keep-going > {log:q} 2>&1"


rule normalise:
    input:
        needs(DATASET_STEPS["normalise"]),
    output:
        makes(DATASET_STEPS["normalise"]),
    log:
        f"{RESULTS}/logs/normalise/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/normalise/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        folder=dataset_folder,
        arguments=arguments_of("normalise"),
    shell:
        "fatescore normalise {params.folder:q} --keep-going > {log:q} 2>&1"


rule score:
    input:
        needs(DATASET_STEPS["score"]),
        own_gene_sets,
    output:
        makes(DATASET_STEPS["score"]),
    log:
        f"{RESULTS}/logs/score/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/score/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    threads: 2
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        folder=dataset_folder,
        arguments=arguments_of("score"),
    shell:
        "fatescore score {params.folder:q} --jobs {threads} --keep-going > {log:q} 2>&1"


# A drawing: where it fails its status says so, and the data set goes on.
rule embed:
    input:
        needs(DATASET_STEPS["embed"]),
    output:
        makes(DATASET_STEPS["embed"]),
    log:
        f"{RESULTS}/logs/embed/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/embed/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        folder=dataset_folder,
        arguments=arguments_of("embed"),
    shell:
        "fatescore embed {params.folder:q} --keep-going > {log:q} 2>&1"


rule export:
    input:
        needs(DATASET_STEPS["export"]),
    output:
        makes(DATASET_STEPS["export"]),
    log:
        f"{RESULTS}/logs/export/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/export/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        folder=dataset_folder,
        arguments=arguments_of("export"),
    shell:
        "fatescore export {params.folder:q} --keep-going > {log:q} 2>&1"


rule contrast:
    input:
        needs(DATASET_STEPS["contrast"]),
    output:
        makes(DATASET_STEPS["contrast"]),
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
        folder=dataset_folder,
        arguments=arguments_of("contrast"),
    shell:
        "fatescore contrast {params.folder:q} --keep-going > {log:q} 2>&1"


rule multiqc:
    input:
        in_dataset(DATASET_STEPS["multiqc"].inputs),
    output:
        in_dataset(DATASET_STEPS["multiqc"].outputs),
    log:
        f"{RESULTS}/logs/multiqc/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/multiqc/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=2000,
        runtime=15,
    params:
        folder=dataset_folder,
    shell:
        "fatescore multiqc {params.folder:q} > {log:q} 2>&1"


rule report_dataset:
    input:
        in_dataset(DATASET_REPORT.inputs),
        lambda wildcards: status_of([*STEPS[1:], "embed"], wildcards.dataset),
    output:
        **figures_in(f"{RESULTS}/datasets/{{dataset}}/figures"),
        page=report(
            f"{RESULTS}/datasets/{{dataset}}/report.html",
            caption="../report/dataset.rst",
            category="Data sets",
            labels={"data set": "{dataset}"},
        ),
    log:
        f"{RESULTS}/logs/report/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/report/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        folder=dataset_folder,
        settings=values("report"),
    shell:
        "fatescore report {params.folder:q} > {log:q} 2>&1"
