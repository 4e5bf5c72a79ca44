# A drawing: where it fails its status says so, and the data set goes on.
rule embed:
    input:
        h5ad=rules.ingest.output.h5ad,
        cells=rules.qc.output.cells,
        status=rules.qc.output.status,
    output:
        embedding=f"{RESULTS}/datasets/{{dataset}}/embedding.parquet",
        status=f"{RESULTS}/datasets/{{dataset}}/status/embed.json",
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
        seed=SETTINGS["seed"],
    shell:
        "fatescore embed {input.h5ad:q} --cells {input.cells:q} --output {output.embedding:q} "
        "--seed {params.seed} --dataset {wildcards.dataset} "
        "--status-in {input.status:q} --status-out {output.status:q} > {log:q} 2>&1"
