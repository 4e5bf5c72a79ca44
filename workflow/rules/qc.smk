rule qc:
    input:
        h5ad=rules.ingest.output.h5ad,
        status=rules.ingest.output.status,
    output:
        h5ad=f"{RESULTS}/datasets/{{dataset}}/qc.h5ad",
        table=f"{RESULTS}/datasets/{{dataset}}/qc.tsv",
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
        min_genes=SETTINGS["qc"]["min_genes"],
        max_pct_mt=SETTINGS["qc"]["max_pct_mt"],
        n_mads=SETTINGS["qc"]["n_mads"],
        min_stromal_cells=SETTINGS["qc"]["min_stromal_cells"],
        min_counts_bulk=SETTINGS["qc"]["min_counts_bulk"],
        gate=SETTINGS["qc"]["gate"],
    shell:
        "fatescore qc {input.h5ad:q} --output {output.h5ad:q} --table {output.table:q} "
        "--min-genes {params.min_genes} --max-pct-mt {params.max_pct_mt} --n-mads {params.n_mads} "
        "--min-stromal-cells {params.min_stromal_cells} --min-counts-bulk {params.min_counts_bulk} "
        "--gate {params.gate} --dataset {wildcards.dataset} "
        "--status-in {input.status:q} --status-out {output.status:q} > {log:q} 2>&1"
