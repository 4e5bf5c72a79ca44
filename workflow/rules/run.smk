# What is made of all data sets together.


rule contrast_across:
    input:
        lambda wildcards: expand(
            needs(CONTRAST_ACROSS), dataset=ACROSS[wildcards.contrast].datasets
        ),
    output:
        in_across([*CONTRAST_ACROSS.outputs, "status/contrast.json"]),
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
        folder=across_folder,
        arguments=arguments_of("contrast", across=True),
    shell:
        "fatescore contrast {params.folder:q} --keep-going > {log:q} 2>&1"


rule duplicates:
    input:
        expand(needs(RUN_STEPS["duplicates"]), dataset=DATASETS),
    output:
        in_run(RUN_STEPS["duplicates"].outputs),
    log:
        f"{RESULTS}/logs/duplicates.log",
    benchmark:
        f"{RESULTS}/benchmarks/duplicates.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        folder=run_folder,
    shell:
        "fatescore duplicates {params.folder:q} > {log:q} 2>&1"


rule meta:
    input:
        expand(in_dataset(RUN_STEPS["meta"].inputs), dataset=DATASETS),
        status_of(STEPS[1:], DATASETS),
    output:
        in_run(RUN_STEPS["meta"].outputs),
    log:
        f"{RESULTS}/logs/meta.log",
    benchmark:
        f"{RESULTS}/benchmarks/meta.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        folder=run_folder,
        settings=values("pool_other", "keep_confounded"),
    shell:
        "fatescore meta {params.folder:q} > {log:q} 2>&1"


rule tables:
    input:
        expand(
            in_dataset(
                name for name in DATASET_REPORT.inputs if name.endswith(".tsv")
            ),
            dataset=DATASETS,
        ),
        expand(in_across(CONTRAST_ACROSS.outputs), contrast=ACROSS),
        rules.meta.output,
        rules.duplicates.output,
    output:
        in_run(f"tables/{name}" for name in [*TABLE_FILES, "data_dictionary.tsv"]),
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
        folder=run_folder,
    shell:
        "fatescore tables {params.folder:q} > {log:q} 2>&1"


rule report_summary:
    input:
        status_of([*STEPS[1:], "embed"], DATASETS),
        status_of(["fetch"], FETCHED),
        expand(in_dataset(SUMMARY_REPORT.inputs), dataset=DATASETS),
        expand(in_across(SUMMARY_REPORT.inputs), contrast=ACROSS),
        rules.meta.output,
        rules.duplicates.output,
        rules.tables.output,
    output:
        **figures_in(f"{RESULTS}/figures"),
        page=report(
            f"{RESULTS}/report.html",
            caption="../report/summary.rst",
            category="Summary",
            labels={"page": "all data sets"},
        ),
        provenance=f"{RESULTS}/provenance.json",
        answer=f"{RESULTS}/answer.txt",
    log:
        f"{RESULTS}/logs/report_summary.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_summary.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        folder=run_folder,
        plan=lambda wildcards: digest(PLAN),
    shell:
        "fatescore report {params.folder:q} > {log:q} 2>&1"


# Fails when a data set failed (not when one is not scorable), after every page has been written.
rule conclude:
    input:
        rules.meta.output,
        rules.duplicates.output,
        status_of(["fetch"], FETCHED),
        status_of([name for name in CONCLUDED if name != "fetch"], DATASETS),
        expand(in_across(["status/contrast.json"]), contrast=ACROSS),
        rules.report_summary.output.page,
        expand(rules.report_dataset.output.page, dataset=DATASETS),
    output:
        f"{RESULTS}/done.txt",
    log:
        f"{RESULTS}/logs/conclude.log",
    benchmark:
        f"{RESULTS}/benchmarks/conclude.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=500,
        runtime=5,
    params:
        folder=run_folder,
    shell:
        "fatescore conclude {params.folder:q} 2>&1 | tee {log:q}"
