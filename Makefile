# Inflect needs Go and Node; everything else is fetched when it is first needed.

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 30s
BENCH    ?= .

binary     := bin/inflect
page       := ui/dist/index.html
page_files := $(shell find ui -type f -not -path 'ui/node_modules/*' -not -path 'ui/dist/*' 2>/dev/null)

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

.DEFAULT_GOAL := help
.PHONY: help up build test bench fuzz lint clean binary page-packages test-parts

help: ## say what the targets do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: build ## build and start everything on this machine, the page on http://127.0.0.1:8080
	$(binary) up

build: binary ## build bin/inflect, page included

test: test-parts build ## run the tests, against real Kafka, registry, Postgres, Kubernetes and browser
	$(GO) run ./tests/suite

bench: build test-parts ## run the benchmarks (BENCH=regexp)
	@$(GO) run ./tests/setup jdk
	$(GO) test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 2h ./...

fuzz: ## fuzz every fuzz target for FUZZTIME (30s)
	@$(GO) test -list '^Fuzz' ./... | awk '/^Fuzz/ { t[n++] = $$1 } /^ok/ { for (i = 0; i < n; i++) print $$2, t[i]; n = 0 }' | { \
		failed=0; \
		while read -r package target; do \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) "$$package" || failed=1; \
		done; \
		exit $$failed; \
	}

lint: page-packages ## check style and import rules
	linter=$$($(GO) run ./tests/setup -linter) && "$$linter" run ./...
	cd ui && npm run --silent lint

clean: ## remove what the build made
	rm -rf bin ui/node_modules .inflect
	find ui/dist -mindepth 1 -not -name .gitkeep -delete

# Go decides by itself what has to be compiled again.
binary: $(page)
	$(GO) build -ldflags '-X main.version=$(VERSION)' -o $(binary) .

$(page): $(page_files) | page-packages
	cd ui && npm run --silent build
	@touch ui/dist/.gitkeep $(page)

page-packages:
	@$(GO) run ./tests/setup page

test-parts:
	@$(GO) run ./tests/setup
