# Everything a person types: `make run/NAME` runs one scenario, `make test` checks everything. Both set up what they need.

NODE ?= node
INSTALLED := node_modules/.rescap-installed
BUNDLE := dist/rescap.cjs
SOURCES := $(shell find src -name '*.ts')
SCENARIOS := $(sort $(patsubst run/%,%,$(basename $(wildcard run/*.xml run/*.yaml run/*.hid run/*/*.xml))))
# Flags for rescap, e.g. make run/sheep_counter ARGS="--no-color"; RUN_OPT is the name that Genode's build system has for it.
ARGS ?=
RUN_OPT ?=

.PHONY: help build test unit check list autopilot oracle bench losing sweeps extensions losses engine guest schema clean FORCE

help:
	@echo 'make run/NAME   run one scenario ($(SCENARIOS))'
	@echo 'make test       install, build, check, unit tests, every scenario'
	@echo 'make unit       unit tests only (PATTERN=... selects files)'
	@echo 'make check      types and lint only'
	@echo 'make list       the scenarios in run/'
	@echo "make autopilot  every scenario, in the look of Genode's autopilot"
	@echo 'make oracle     hold run/oracle against the captured listings, if they lie beside the repository'
	@echo 'make extensions find out which extensions each restore needs, and write the tables of README and run/EXTENSIONS.md anew'
	@echo 'make losses     write the tables of run/LOSSES.md anew'
	@echo 'make bench      measure the board'
	@echo 'make losing     at how many moments each losing strategy shows: the table in README.md'
	@echo 'make sweeps     a checkpoint, kill and restore at many moments of every scenario that takes one, as a table'
	@echo 'make engine     make the fast engine anew from the instruction tables'
	@echo 'make guest      rebuild the guest programs (needs an ARM cross compiler)'
	@echo 'make schema     write the schemas of the scenario language in config/ anew'
	@echo 'make clean      remove what was built'

# Not `npm ci`: it refuses a lock file that lists an optional package of another platform without its entry. The locked
# versions are installed either way, and the lock file is not written.
$(INSTALLED): package-lock.json
	@npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

$(BUNDLE): $(INSTALLED) $(SOURCES) build.mjs
	@$(NODE) build.mjs

build: $(BUNDLE)

# run/NAME may exist as a file or folder; without FORCE make would call it up to date.
FORCE:
run/%: $(BUNDLE) FORCE
	@$(NODE) $(BUNDLE) run $(ARGS) $(RUN_OPT) run/$*

test: $(INSTALLED)
	@$(NODE) --import tsx test/all.ts

unit: $(INSTALLED)
	@$(NODE) --import tsx test/run.ts $(foreach part,$(PATTERN),'$(part)')

check: $(INSTALLED)
	@npx --no-install tsc --noEmit
	@npx --no-install biome lint --error-on-warnings src test build.mjs

list: $(BUNDLE)
	@$(NODE) $(BUNDLE) list

# RUN_OPT is meant for single scenarios there; what it says about the look would hide this one.
autopilot: $(BUNDLE)
	@$(NODE) $(BUNDLE) run --compat $(ARGS) $(RUN_OPT)

oracle: $(INSTALLED)
	@$(NODE) --import tsx test/oracle/table.ts

bench: $(BUNDLE)
	@$(NODE) $(BUNDLE) bench $(ARGS)

extensions: $(BUNDLE)
	@$(NODE) $(BUNDLE) extensions --write $(ARGS)

# One moment of four takes some minutes; the table goes into README.md by hand.
losing: $(BUNDLE)
	@$(NODE) $(BUNDLE) sweep sheep_counter --losing --shard 1/4 $(ARGS)

# One moment of twelve of each scenario that checkpoints something takes some minutes; make sweeps SHARD=1/1 tries all, ten times as long.
# What is there already is not done again: rm -rf reports/*/sweep.json reports/*/*/sweep.json begins anew.
SHARD = 1/12
# The one left out compares two clocks that a restore sets apart.
SWEPT = $(filter-out restore/clock_goes_on,$(shell grep -l '<checkpoint' run/*.xml run/restore/*.xml | sed 's,^run/,,; s,.xml$$,,'))
sweeps: $(BUNDLE)
	@for scenario in $(SWEPT); do $(NODE) $(BUNDLE) sweep $$scenario --shard $(SHARD) --resume $(ARGS) || test $$? -eq 1 || exit 1; done
	@$(NODE) $(BUNDLE) report --table $(addsuffix /sweep.json,$(addprefix reports/,$(SWEPT)))

schema: $(BUNDLE)
	@$(NODE) $(BUNDLE) schema --write config

losses: $(INSTALLED)
	@$(NODE) --import tsx test/losses.ts

engine: $(INSTALLED)
	@$(NODE) --import tsx src/translator/generate.ts

guest:
	@$(MAKE) --no-print-directory -C src/guest
	@$(MAKE) --no-print-directory -C src/guest/bare

clean:
	rm -rf dist reports/*/
