rule meta:
    input:
        contrasts=expand(rules.contrast.output.contrasts, dataset=DATASETS),
        status=[path for step in STEPS for path in status_of(step, DATASETS)],
    output:
        meta=f"{RESULTS}/meta.tsv",
        scoreboard=f"{RESULTS}/scoreboard.tsv",
    log:
        f"{RESULTS}/logs/meta.log",
    benchmark:
        f"{RESULTS}/benchmarks/meta.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    shell:
        "fatescore meta --contrasts {input.contrasts:q} --status {input.status:q} "
        "--output {output.meta:q} --scoreboard {output.scoreboard:q} > {log:q} 2>&1"
