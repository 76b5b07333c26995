# make run: the panel on 127.0.0.1:8000 (PORT=9000 make run for another port).
# make test: every test.  make check: linters, types, migrations.  make bench: the benchmarks.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
# A panel as in production, for the checks that are about that.
CHECKED := env SECRET_KEY=only-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ \
	PUBLIC_BASE_URL=https://panel.example.com TWILIO_AUTH_TOKEN=only-for-checks \
	TWILIO_ACCOUNT_SID=AC00000000000000000000000000000000 $(PY) manage.py

.PHONY: run test check format bench clean twiml-types

run: $(VENV)/.run-installed .env
	@$(PY) manage.py migrate --verbosity 0
	@LOG_LEVEL=WARNING $(PY) manage.py first_run
	@exec $(PY) manage.py serve --port $(PORT)

test: $(VENV)/.dev-installed
	$(PY) -m pytest
	$(PY) -m tests.on_postgres $(PY) -m pytest -m "not live and not asterisk"

check: $(VENV)/.dev-installed
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy $$($(PY) -m tests.floors)
	$(CHECKED) makemigrations --check --dry-run
	$(CHECKED) check --deploy --fail-level WARNING

format: $(VENV)/.dev-installed
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: .venv-bench/.installed $(VENV)/.dev-installed
	.venv-bench/bin/python -m benchmarks.webhooks
	$(PY) -m benchmarks.export

# Twilio's own type declarations, which judge the TwiML of every test: writes tests/twiml/types.json
# anew from the release of npm's twilio that tests/twiml/__main__.py pins. It needs npm; the tests do not.
twiml-types:
	$(PYTHON) -m tests.twiml

clean:
	rm -rf $(VENV) .venv-bench .pytest_cache .mypy_cache .ruff_cache .hypothesis

.env:
	@$(PYTHON) -m project.dotenv

$(PY):
	@echo "Creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: requirements.txt | $(PY)
	@echo "Installing requirements.txt"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.dev-installed: requirements.txt requirements-dev.txt | $(PY)
	@echo "Installing requirements-dev.txt"
	@$(PIP) -r requirements-dev.txt
	@touch $@

.venv-bench/.installed: requirements.txt benchmarks/requirements.txt
	@echo "Installing benchmarks/requirements.txt"
	@$(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@
