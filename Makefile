# make run needs Go alone. make test finds or installs what else the tests need.
GO ?= go
FUZZTIME ?= 60s
BENCH ?= .

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
TOOLS = $(CURDIR)/.cache/bin

# The end-to-end tests start the whole program: not for benchmarks and fuzzing.
PACKAGES = $$($(GO) list ./... | grep -v /cmd/audioroom/e2e)

.PHONY: help run build test setup check format vet staticcheck govulncheck bench gobench fuzz clean

help: ## say what there is
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: ## run the server in development mode
	$(GO) run ./cmd/audioroom serve --dev

build: ## build bin/audioroom
	$(GO) build -trimpath -o bin/audioroom ./cmd/audioroom

# One package after the other: many tests are about time. What they have in common
# is compiled before, on all cores.
test: setup vet ## run all tests under the race detector
	$(GO) build -race ./...
	$(GO) test -race -p 1 -timeout 30m ./...

setup: ## find or install what the tests need
	.ci/setup

check: format vet staticcheck govulncheck ## look for what tests don't show

format:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "not gofmt's format:"; echo "$$unformatted"; exit 1; }

vet:
	$(GO) vet ./...

# The linters are fetched once. Where that can't be done, that is said and the
# rest goes on.
staticcheck:
	@if GOBIN=$(TOOLS) $(GO) install $(STATICCHECK); then echo staticcheck ./...; $(TOOLS)/staticcheck ./...; \
	else echo "staticcheck: can't be fetched here, left out"; fi

# Its exit status is 3 if it finds something; anything else means that it could
# not look, as without a network.
govulncheck:
	@if GOBIN=$(TOOLS) $(GO) install $(GOVULNCHECK); then \
		echo govulncheck ./...; status=0; $(TOOLS)/govulncheck ./... || status=$$?; \
		if [ $$status -eq 3 ]; then exit 3; fi; \
		if [ $$status -ne 0 ]; then echo "govulncheck: can't look up vulnerabilities here, left out"; fi; \
	else echo "govulncheck: can't be fetched here, left out"; fi

# The server has a core to itself if there are two: see bench/README.md.
bench: build ## fill the table of targets, bench/RESULTS.md; QUICK=1 shows a short one
	@mkdir -p .cache
ifdef QUICK
	bin/audioroom bench suite --quick
else
	$(GO) test -run '^$$' -bench '^BenchmarkWhole$$' -benchmem ./bench | tee .cache/whole.txt
	bin/audioroom bench suite --in-process .cache/whole.txt --out bench/RESULTS.md
endif

gobench: ## run the Go benchmarks, BENCH=regexp picks some
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem $(PACKAGES)

fuzz: ## run each fuzz target for FUZZTIME
	@set -e; for package in $(PACKAGES); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

clean: ## remove what was built and fetched
	rm -rf bin .cache cmd/audioroom/e2e/client/node_modules
