rule fetch:
    output:
        status=f"{RESULTS}/datasets/{{dataset}}/status/fetch.json",
    log:
        f"{RESULTS}/logs/fetch/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/fetch/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=1000,
        runtime=240,
    params:
        accession=lambda wildcards: PLAN.datasets[wildcards.dataset].accession,
        what=lambda wildcards: PLAN.datasets[wildcards.dataset].what,
        base_url=lambda wildcards: SETTINGS["geo_base_url"],
        dest=f"{RESOURCES}/geo",
    shell:
        "fatescore fetch {params.accession:q} --base-url {params.base_url:q} --dest {params.dest:q} --what {params.what} "
        "--dataset {wildcards.dataset} --status-out {output.status:q} > {log:q} 2>&1"
