# make run          the whole story on this machine, in the browser
# make test         every test, on real PostgreSQL, Redis and Chromium
# make bench        the product's figures beside the machine's limit; FLAGS=--help
# make drill        what breaks, one thing after the other, and what is lost; FLAGS=--help
# make lint         golangci-lint, vet and gofmt among it
# make screenshots  a picture of every page, light, dark, telephone, in bin/screenshots
# make pictures     takes the README's pictures from the running demo

GO ?= go
FLAGS ?=
PACKAGES ?= ./...

.PHONY: build run test bench drill lint screenshots pictures clean

build:
	$(GO) build -o bin/cecoia ./cmd/cecoia

run:
	deploy/local/debian-packages postgres
	$(MAKE) --no-print-directory build
	exec bin/cecoia demo

test: browser-tools
	deploy/local/debian-packages postgres redis-server chromium dovecot postfix
	$(GO) test $(FLAGS) -timeout 40m $(PACKAGES)

bench:
	deploy/local/debian-packages postgres redis-server dovecot
	$(GO) run ./cmd/bench $(FLAGS)

drill:
	deploy/local/debian-packages postgres redis-server
	$(GO) run ./cmd/drill $(FLAGS)

lint: .ci/bin/golangci-lint
	.ci/bin/golangci-lint run ./...

pictures:
	deploy/local/debian-packages postgres chromium
	$(GO) test ./cmd/cecoia -count=1 -run 'TestTheStory$$' -pictures $(CURDIR)/deploy/pictures

screenshots: browser-tools
	deploy/local/debian-packages postgres chromium
	$(GO) test ./web -count=1 -timeout 10m -run 'TestEveryPage$$' -screenshots $(CURDIR)/bin/screenshots

# What tests inject into the browser; the product ships none of it.
.PHONY: browser-tools
browser-tools:
	@test -e .ci/node_modules/.package-lock.json -a ! .ci/package-lock.json -nt .ci/node_modules/.package-lock.json || { \
		deploy/local/debian-packages npm && npm ci --prefix .ci --ignore-scripts --no-audit --no-fund; }

# The linter is a tools module of its own, so that the product's go.mod holds
# only what the product stands on.
.ci/bin/golangci-lint: .ci/go.mod .ci/go.sum
	$(GO) build -C .ci -o bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

clean:
	rm -rf bin .ci/bin .ci/node_modules
