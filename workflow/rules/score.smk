rule score:
    input:
        h5ad=rules.normalise.output.h5ad,
        status=rules.normalise.output.status,
    output:
        scores=f"{RESULTS}/datasets/{{dataset}}/scores.parquet",
        samples=f"{RESULTS}/datasets/{{dataset}}/sample_scores.tsv",
        contributions=f"{RESULTS}/datasets/{{dataset}}/gene_contributions.tsv",
        coverage=f"{RESULTS}/datasets/{{dataset}}/coverage.tsv",
        methods=f"{RESULTS}/datasets/{{dataset}}/method_scores.tsv",
        cell_methods=f"{RESULTS}/datasets/{{dataset}}/cell_method_scores.parquet",
        status=f"{RESULTS}/datasets/{{dataset}}/status/score.json",
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
        organism=lambda wildcards: PLAN.datasets[wildcards.dataset].organism,
        index=SETTINGS["index"],
        min_osteogenic=SETTINGS["scorable"]["osteogenic"],
        min_adipogenic=SETTINGS["scorable"]["adipogenic"],
        seed=SETTINGS["seed"],
    shell:
        "fatescore score {input.h5ad:q} --organism {params.organism} --index {params.index} "
        "--min-osteogenic {params.min_osteogenic} --min-adipogenic {params.min_adipogenic} --output {output.scores:q} "
        "--sample-scores {output.samples:q} --gene-contributions {output.contributions:q} "
        "--coverage {output.coverage:q} --method-scores {output.methods:q} --cell-method-scores {output.cell_methods:q} --jobs {threads} "
        "--seed {params.seed} --dataset {wildcards.dataset} "
        "--status-in {input.status:q} --status-out {output.status:q} > {log:q} 2>&1"
