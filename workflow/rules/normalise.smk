rule normalise:
    input:
        h5ad=rules.qc.output.h5ad,
        status=rules.qc.output.status,
    output:
        h5ad=f"{RESULTS}/datasets/{{dataset}}/normalised.h5ad",
        pseudobulk=f"{RESULTS}/datasets/{{dataset}}/pseudobulk.h5ad",
        status=f"{RESULTS}/datasets/{{dataset}}/status/normalise.json",
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
        pseudobulk=flags(SETTINGS["pseudobulk"]),
    shell:
        "fatescore normalise {input.h5ad:q} --output {output.h5ad:q} --pseudobulk {output.pseudobulk:q} "
        "{params.pseudobulk} --dataset {wildcards.dataset} "
        "--status-in {input.status:q} --status-out {output.status:q} > {log:q} 2>&1"
