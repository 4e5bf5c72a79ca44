rule fingerprint:
    input:
        h5ad=rules.ingest.output.h5ad,
        status=rules.ingest.output.status,
    output:
        fingerprint=f"{RESULTS}/datasets/{{dataset}}/fingerprint.parquet",
        status=f"{RESULTS}/datasets/{{dataset}}/status/copies.json",
    log:
        f"{RESULTS}/logs/fingerprint/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/fingerprint/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    shell:
        "fatescore copies {input.h5ad:q} --fingerprint {output.fingerprint:q} --dataset {wildcards.dataset} "
        "--status-in {input.status:q} --status-out {output.status:q} > {log:q} 2>&1"


rule copies:
    input:
        fingerprints=expand(rules.fingerprint.output.fingerprint, dataset=DATASETS),
        status=expand(rules.fingerprint.output.status, dataset=DATASETS),
    output:
        f"{RESULTS}/copies.tsv",
    log:
        f"{RESULTS}/logs/copies.log",
    benchmark:
        f"{RESULTS}/benchmarks/copies.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    shell:
        "fatescore copies {input.fingerprints:q} --status-in {input.status:q} --output {output:q} > {log:q} 2>&1"
