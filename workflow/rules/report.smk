rule settings:
    output:
        f"{RESULTS}/settings.json",
    log:
        f"{RESULTS}/logs/settings.log",
    benchmark:
        f"{RESULTS}/benchmarks/settings.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=100,
        runtime=5,
    params:
        plan=lambda wildcards: json.dumps(settings_as_dict(PLAN), sort_keys=True),
    shell:
        "printf '%s\\n' {params.plan:q} > {output:q} 2> {log:q}"


rule report_dataset:
    input:
        status=lambda wildcards: [
            path
            for step in [*STEPS, "embed"]
            for path in status_of(step, wildcards.dataset)
        ],
        scores=rules.score.output.scores,
        sample_scores=rules.score.output.samples,
        coverage=rules.score.output.coverage,
        contributions=rules.contrast.output.contributions,
        explained=rules.contrast.output.explained,
        contrasts=rules.contrast.output.contrasts,
        confounding=rules.contrast.output.confounding,
        specification=rules.contrast.output.specification,
        qc=rules.qc.output.table,
        qc_cells=rules.qc.output.cells,
        qc_metrics=rules.qc.output.metrics,
        qc_components=rules.qc.output.components,
        qc_pca=rules.qc.output.pca,
        fields=rules.ingest.output.fields,
        embedding=rules.embed.output.embedding,
        h5ad=rules.export.output.h5ad,
    output:
        **figures_in(f"{RESULTS}/datasets/{{dataset}}/figures"),
        page=report(
            f"{RESULTS}/datasets/{{dataset}}/report.html",
            caption="../report/dataset.rst",
            category="Data sets",
            labels={"data set": "{dataset}"},
        ),
    log:
        f"{RESULTS}/logs/report/{{dataset}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/report/{{dataset}}.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        look=LOOK,
    shell:
        "fatescore report dataset --dataset {wildcards.dataset} --status {input.status:q} --scores {input.scores:q} "
        "--sample-scores {input.sample_scores:q} --coverage {input.coverage:q} --contributions {input.contributions:q} "
        "--explained {input.explained:q} "
        "--contrasts {input.contrasts:q} --confounding {input.confounding:q} --specification {input.specification:q} "
        "--qc {input.qc:q} --qc-cells {input.qc_cells:q} --qc-metrics {input.qc_metrics:q} "
        "--qc-components {input.qc_components:q} --qc-pca {input.qc_pca:q} "
        "--sample-fields {input.fields:q} --embedding {input.embedding:q} --h5ad {input.h5ad:q} {params.look} "
        "--output {output.page:q} > {log:q} 2>&1"


rule report_summary:
    input:
        status=[
            path for step in [*STEPS, "embed"] for path in status_of(step, DATASETS)
        ],
        contrasts=expand(rules.contrast.output.contrasts, dataset=DATASETS)
        + expand(rules.contrast_across.output.contrasts, contrast=ACROSS),
        confounding=expand(rules.contrast.output.confounding, dataset=DATASETS)
        + expand(rules.contrast_across.output.confounding, contrast=ACROSS),
        meta=rules.meta.output.meta,
        pooled=rules.meta.output.specification,
        robustness=rules.meta.output.robustness,
        specification=expand(rules.contrast.output.specification, dataset=DATASETS)
        + expand(rules.contrast_across.output.specification, contrast=ACROSS),
        scoreboard=rules.meta.output.scoreboard,
        copies=rules.copies.output,
        settings=rules.settings.output,
        tables=rules.tables.output,
        fetched=status_of("fetch", FETCHED),
    output:
        **figures_in(f"{RESULTS}/figures"),
        page=report(
            f"{RESULTS}/report.html",
            caption="../report/summary.rst",
            category="Summary",
            labels={"page": "all data sets"},
        ),
        provenance=f"{RESULTS}/provenance.json",
        answer=f"{RESULTS}/answer.txt",
    log:
        f"{RESULTS}/logs/report_summary.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_summary.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        title=lambda wildcards: SETTINGS["title"],
        sources=[SETTINGS[name] for name in ("datasets", "samples") if SETTINGS[name]],
        look=LOOK,
    shell:
        "fatescore report summary --status {input.status:q} --contrasts {input.contrasts:q} "
        "--confounding {input.confounding:q} --meta {input.meta:q} --meta-specification {input.pooled:q} "
        "--meta-robustness {input.robustness:q} --specification {input.specification:q} "
        "--scoreboard {input.scoreboard:q} --copies {input.copies:q} "
        "--title={params.title:q} --settings {input.settings:q} --tables {input.tables:q} {params.look} --output {output.page:q} "
        "--provenance {output.provenance:q} --provenance-status {input.fetched:q} --sources {params.sources:q} --answer {output.answer:q} > {log:q} 2>&1"


# Fails when a data set failed (not when one is not scorable), after every page has been written.
rule conclude:
    input:
        scoreboard=rules.meta.output.scoreboard,
        copies=rules.copies.output,
        status=status_of("fetch", FETCHED)
        + [path for step in [*STEPS, "copies"] for path in status_of(step, DATASETS)]
        + expand(rules.contrast_across.output.status, contrast=ACROSS),
        pages=[
            rules.report_summary.output.page,
            expand(rules.report_dataset.output.page, dataset=DATASETS),
        ],
    output:
        f"{RESULTS}/done.txt",
    log:
        f"{RESULTS}/logs/conclude.log",
    benchmark:
        f"{RESULTS}/benchmarks/conclude.tsv"
    conda:
        "../envs/fatescore.yaml"
    resources:
        mem_mb=500,
        runtime=5,
    shell:
        "fatescore conclude {input.scoreboard:q} --copies {input.copies:q} --status {input.status:q} "
        "--output {output:q} 2>&1 | tee {log:q}"
