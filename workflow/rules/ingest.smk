rule ingest:
    input:
        source=source_of,
        # a changed row of another data set must not make this one again: see params.rows
        samples=[ancient(path) for path in [SETTINGS["samples"]] if path],
    output:
        h5ad=f"{RESULTS}/datasets/{{dataset}}/raw.h5ad",
        fields=f"{RESULTS}/datasets/{{dataset}}/sample_fields.tsv",
        status=f"{RESULTS}/datasets/{{dataset}}/status/ingest.json",
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
        data=data_of,
        status_in=lambda wildcards: status_of(
            "fetch", [d for d in FETCHED if d == wildcards.dataset]
        ),
        row=lambda wildcards: PLAN.datasets[wildcards.dataset].as_flags(),
        samples=(
            shlex.join(["--samples", SETTINGS["samples"]])
            if SETTINGS["samples"]
            else ""
        ),
        rows=lambda wildcards: digest(PLAN.samples_of(wildcards.dataset)),
    shell:
        "fatescore ingest {params.data:q} {params.row} {params.samples} "
        "--output {output.h5ad:q} --sample-fields {output.fields:q} "
        "--dataset {wildcards.dataset} --status-in {params.status_in:q} --status-out {output.status:q} > {log:q} 2>&1"
