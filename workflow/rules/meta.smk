rule meta:
    input:
        contrasts=expand(rules.contrast.output.contrasts, dataset=DATASETS),
        specification=expand(rules.contrast.output.specification, dataset=DATASETS),
        status=[path for step in STEPS for path in status_of(step, DATASETS)],
    output:
        meta=f"{RESULTS}/meta.tsv",
        robustness=f"{RESULTS}/meta_robustness.tsv",
        specification=f"{RESULTS}/meta_specification.tsv",
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
    params:
        pool_other="--pool-other" if SETTINGS["pool_other"] else "",
        keep_confounded="--keep-confounded" if SETTINGS["keep_confounded"] else "",
    shell:
        "fatescore meta --contrasts {input.contrasts:q} --status {input.status:q} {params.pool_other} "
        "{params.keep_confounded} --specification-tables {input.specification:q} --robustness {output.robustness:q} "
        "--specification {output.specification:q} --output {output.meta:q} --scoreboard {output.scoreboard:q} > {log:q} 2>&1"
