# Two commands: `make demo` and `make test`. Both set themselves up; both can be run again at once.
# Needs git, make and Python 3.11 or later with pip and venv.
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PYTHONNOUSERSITE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport PYTHONPATH
unexport PYTHONHOME

# One run at a time in a folder; a lock that a killed snakemake left behind is cleared under our own.
SNAKEMAKE = mkdir -p .snakemake && flock .snakemake/make.lock sh -c ' \
	{ [ -z "$$(ls .snakemake/locks 2>/dev/null)" ] || snakemake --unlock "$$@" >/dev/null 2>&1; } && snakemake "$$@"' snakemake

.PHONY: demo real test lint clean
.DEFAULT_GOAL := demo

# A set-up that was killed half-way has no stamp and is made anew.
$(VENV)/run.stamp: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[workflow,report]'
	touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp
	$(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo/mirror/README.txt: | $(VENV)/run.stamp
	python -m simulated_geo --output demo/mirror --seed 0

# The embedded example: simulated data with known truth, fetched through the same code as GEO.
demo: $(VENV)/run.stamp demo/mirror/README.txt
	@$(SNAKEMAKE) --configfile config/demo/config.yaml --config 'geo_base_url=file://$(CURDIR)/demo/mirror'
	@echo; echo "Report: $(CURDIR)/results/demo/report.html"; cat results/demo/answer.txt

# Public data: make real FATESCORE_REAL_DATA=DIR (DIR holds geo/ shaped as GEO's file tree, and the local tables).
real: $(VENV)/run.stamp
	@[ -d '$(FATESCORE_REAL_DATA)/geo' ] || { echo 'make real: error: FATESCORE_REAL_DATA="$(FATESCORE_REAL_DATA)" holds no folder geo; give the folder of real data: make real FATESCORE_REAL_DATA=DIR' >&2; exit 2; }
	@$(SNAKEMAKE) --configfile config/real/config.yaml --config \
		'geo_base_url=file://$(abspath $(FATESCORE_REAL_DATA))/geo' 'local_root=$(abspath $(FATESCORE_REAL_DATA))'
	@echo; echo "Report: $(CURDIR)/results/real/report.html"; cat results/real/answer.txt

lint: $(VENV)/test.stamp
	ruff check
	ruff format --check
	mypy
	lint-imports --no-logo
	snakefmt --check Snakefile workflow
	snakemake --lint

test: lint
	@tests/report/browser/set_up.sh $(VENV)/browser
	python -m pytest --numprocesses auto --dist worksteal

clean:
	rm -rf $(VENV) demo results resources .snakemake .pytest_cache .mypy_cache .ruff_cache
