rule export:
    input:
        h5ad=rules.normalise.output.h5ad,
        scores=rules.score.output.scores,
        embedding=rules.embed.output.embedding,
        status=rules.score.output.status,
    output:
        h5ad=f"{RESULTS}/datasets/{{dataset}}/scored.h5ad",
        status=f"{RESULTS}/datasets/{{dataset}}/status/export.json",
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
        sides=lambda wildcards: flags(PLAN.sides(wildcards.dataset)),
    shell:
        "fatescore export {input.h5ad:q} --scores {input.scores:q} --embedding {input.embedding:q} {params.sides} "
        "--output {output.h5ad:q} --dataset {wildcards.dataset} "
        "--status-in {input.status:q} --status-out {output.status:q} > {log:q} 2>&1"
