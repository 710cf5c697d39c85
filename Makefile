# make demo: the December 2021 edition, end to end.   make test: everything that must hold.
PYTHON ?= python3
PIP = .venv/bin/python -m pip --quiet --disable-pip-version-check
UV_COMPILE = uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --quiet pyproject.toml

.PHONY: demo test chromium lock bench clean

demo: .venv/.installed
	@.venv/bin/newsletter subscribers import data/abonnes.csv
	@echo; .venv/bin/newsletter check --as-of 2021-12-01T09:00 || test $$? -eq 1
	@echo; .venv/bin/newsletter compose 2021-12
	@echo; .venv/bin/newsletter approve 2021-12 --by "Démonstration"
	@echo; .venv/bin/newsletter send 2021-12
	@echo; echo "Les exemplaires sont dans var/outbox/ ; ouvrez d'abord var/drafts/2021-12/public.html"

test: .venv/.installed-test chromium
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/python -m pytest -n auto --dist loadfile

# The pages are tried in Chromium: the one that is there, else Debian's, where root may install it. Without it the tests
# say what they couldn't try; where CI is set, that is a failure.
chromium:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	test "$$(id -u)" = 0 && command -v apt-get >/dev/null || exit 0; \
	apt-get -qq update && apt-get -qq install --yes --no-install-recommends chromium fonts-liberation >/dev/null \
		|| echo "Chromium n'a pas pu être installé"

bench: .venv/.installed-test
	.venv/bin/python -m benchmarks

# The locks hold versions and hashes for Python 3.11 to 3.13, and no address.
lock:
	$(UV_COMPILE) --extra build -o requirements.lock
	$(UV_COMPILE) --extra build --extra test -c requirements.lock -o requirements-test.lock

.venv/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

.venv/.installed-test: requirements-test.lock .venv/.installed
	$(PIP) install --require-hashes -r requirements-test.lock
	touch $@

clean:
	rm -rf .venv var
