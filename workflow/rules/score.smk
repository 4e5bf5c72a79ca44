rule score:
    input:
        h5ad=rules.normalise.output.h5ad,
        status=rules.normalise.output.status,
    output:
        scores=f"{RESULTS}/datasets/{{dataset}}/scores.parquet",
        samples=f"{RESULTS}/datasets/{{dataset}}/sample_scores.tsv",
        contributions=f"{RESULTS}/datasets/{{dataset}}/gene_contributions.tsv",
        coverage=f"{RESULTS}/datasets/{{dataset}}/coverage.tsv",
        status=f"{RESULTS}/datasets/{{dataset}}/status/score.json",
    log:
        f"{RESULTS}/logs/score/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/score/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=8000,
        runtime=60,
    params:
        organism=lambda wildcards: PLAN.datasets[wildcards.dataset].organism,
    shell:
        "fatescore score {input.h5ad} --organism {params.organism} --output {output.scores} "
        "--sample-scores {output.samples} --gene-contributions {output.contributions} "
        "--coverage {output.coverage} --dataset {wildcards.dataset} "
        "--status-in {input.status} --status-out {output.status} > {log} 2>&1"
