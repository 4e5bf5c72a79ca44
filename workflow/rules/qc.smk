rule qc:
    input:
        h5ad=rules.ingest.output.h5ad,
        status=rules.ingest.output.status,
    output:
        h5ad=f"{RESULTS}/datasets/{{dataset}}/qc.h5ad",
        table=f"{RESULTS}/datasets/{{dataset}}/qc.tsv",
        cells=f"{RESULTS}/datasets/{{dataset}}/qc_cells.parquet",
        metrics=f"{RESULTS}/datasets/{{dataset}}/qc_metrics.tsv",
        components=f"{RESULTS}/datasets/{{dataset}}/qc_components.tsv",
        pca=f"{RESULTS}/datasets/{{dataset}}/qc_pca.tsv",
        status=f"{RESULTS}/datasets/{{dataset}}/status/qc.json",
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
        seed=SETTINGS["seed"],
        limits=flags(SETTINGS["qc"]),
    shell:
        "fatescore qc {input.h5ad:q} --output {output.h5ad:q} --table {output.table:q} --cells {output.cells:q} "
        "--metrics {output.metrics:q} --components {output.components:q} --pca {output.pca:q} "
        "--seed {params.seed} {params.limits} --dataset {wildcards.dataset} "
        "--status-in {input.status:q} --status-out {output.status:q} > {log:q} 2>&1"
