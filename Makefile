# make run: the panel on 127.0.0.1:8000 (PORT=9000 make run for another port;
#   make run DEMO=no for an empty panel).
# make test: every test; make test ARGS="tests/routing -x": some of them, on SQLite only, or with
#   ON_POSTGRES=yes on both. APT=yes lets it install missing programs through sudo; root needs no APT=yes.
# make check: linters, types, migrations.  make format: repairs what the linters can repair.
# make lock: pins again what requirements*.in ask for; ARGS="--upgrade-package idna" upgrades one.
# make bench: the benchmarks.
# make bench-log: the call log with ten thousand and with a million calls; ARGS=10000000 with ten million.
# make chaos: breaks one thing after the other under load, on four stages, and balances the books;
#   ARGS="--only killed promoted" some of them, in whichever stage has them.
# make screenshots: every page in both themes and three widths, to var/screenshots;
#   ARGS="--only number --to FOLDER" some of them, or elsewhere; ARGS=--readme the README's two.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
PIP := -m pip install --quiet --disable-pip-version-check
# Extras are kept, because pip would look for a newer release of a requirement with one that is not pinned.
LOCK := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-strip-extras --custom-compile-command "make lock" $(ARGS)
# Settings as in production, for the checks that are about production.
CHECKED := env SECRET_KEY=only-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ \
	PUBLIC_BASE_URL=https://panel.example.com TWILIO_AUTH_TOKEN=only-for-checks \
	TWILIO_ACCOUNT_SID=AC00000000000000000000000000000000 $(PY) manage.py

.PHONY: run test check format lock bench bench-log chaos clean twiml-types screenshots

run: $(VENV)/.run-installed .env
	@$(PY) manage.py migrate --verbosity 0
	@LOG_LEVEL=WARNING $(PY) manage.py first_run $(if $(filter no,$(DEMO)),--no-demo)
	@exec $(PY) manage.py serve --port $(PORT)

test: $(VENV)/.dev-installed
	@$(PY) -m tests $(ARGS)

check: $(VENV)/.dev-installed
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy $$($(PY) -m tests.floors)
	$(CHECKED) makemigrations --check --dry-run
	$(CHECKED) check --deploy --fail-level WARNING

format: $(VENV)/.dev-installed
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

lock: $(VENV)/.dev-installed
	$(LOCK) requirements.in --output-file requirements.txt
	$(LOCK) requirements-dev.in --constraint requirements.txt --output-file requirements-dev.txt
	$(LOCK) benchmarks/requirements.in --constraint requirements.txt --output-file benchmarks/requirements.txt

bench: .venv-bench/.installed $(VENV)/.dev-installed
	.venv-bench/bin/python -m benchmarks.webhooks
	$(PY) -m benchmarks.steps
	$(PY) -m benchmarks.export

bench-log: $(VENV)/.dev-installed
	$(PY) -m benchmarks.call_log $(ARGS)

chaos: $(VENV)/.dev-installed
	@$(PY) -m benchmarks.faults --stage sqlite $(ARGS)
	@$(PY) -m benchmarks.faults --stage postgres $(ARGS)
	@$(PY) -m benchmarks.faults --stage nodes $(ARGS)
	@$(PY) -m benchmarks.faults --stage disks $(ARGS)

screenshots: $(VENV)/.dev-installed
	@$(PY) -m tests.browser.screenshots $(ARGS)

# Twilio's own type declarations, which judge the TwiML of every test. Writes tests/twiml/types.json
# again from the release of twilio on npm that tests/twiml/__main__.py pins. It needs npm; the tests do not.
twiml-types:
	$(PYTHON) -m tests.twiml

clean:
	rm -rf $(VENV) .venv-bench .pytest_cache .mypy_cache .ruff_cache .hypothesis

.env:
	@$(PYTHON) -m project.dotenv $(PORT)

$(PY):
	@$(PYTHON) -m project.venv $(VENV)

$(VENV)/.run-installed: requirements.txt | $(PY)
	@echo "Installing requirements.txt"
	@$(PY) $(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev-installed: requirements-dev.txt | $(PY)
	@echo "Installing requirements-dev.txt"
	@$(PY) $(PIP) -r requirements-dev.txt
	@touch $@

.venv-bench/.installed: benchmarks/requirements.txt
	@$(PYTHON) -m project.venv .venv-bench
	@echo "Installing benchmarks/requirements.txt"
	@.venv-bench/bin/python $(PIP) -r benchmarks/requirements.txt
	@touch $@
