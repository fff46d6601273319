# campaign: build with PGXS, test in throw-away servers.
#
#   make && sudo make install     needs PostgreSQL's server headers
#   make test | demo | psql | bench | bench-growth | bench-queue | bench-peers | lint | deb
#                                 need nothing but Debian 12: what is missing
#                                 is installed, the rest happens in a scratch
#                                 folder (docs/testing.md)
#   make freeze | dist            a release (docs/testing.md)

EXTENSION    = campaign
MODULE_big   = $(EXTENSION)
EXTVERSION  := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)
PARTS        = $(sort $(wildcard sql/parts/*.sql))
OBJS         = $(patsubst %.c,%.o,$(filter-out src/sender/%,$(sort $(wildcard src/*.c src/*/*.c))))
INSTALL_SQL  = sql/$(EXTENSION)--$(EXTVERSION).sql
# Frozen versions are those of sql/frozen.  The update is from the last before
# this one; what a comparison cannot know is in HAND_SQL.
RELEASED    := $(shell sed -n 's,.* sql/$(EXTENSION)--\([0-9.]*\)\.sql$$,\1,p' sql/frozen)
FROZEN      := $(lastword $(filter-out $(EXTVERSION),$(RELEASED)))
UPDATE_SQL   = sql/$(EXTENSION)--$(FROZEN)--$(EXTVERSION).sql
HAND_SQL     = sql/updates/$(FROZEN)--$(EXTVERSION).sql
DATA_built   = $(if $(filter $(EXTVERSION),$(RELEASED)),,$(INSTALL_SQL) $(UPDATE_SQL))
DATA         = $(filter-out $(DATA_built),$(wildcard sql/*--*.sql))
PG_CPPFLAGS  = -I$(srcdir)/src -DCAMPAIGN_VERSION='"$(EXTVERSION)"'
PG_CFLAGS    = -std=gnu99 -Wall -Wextra -Wno-unused-parameter \
               -Wno-missing-field-initializers -Wno-sign-compare \
               -Wno-cast-function-type -fvisibility=hidden -MMD -MP
EXTRA_CLEAN  = $(OBJS:.o=.d) results regression.diffs regression.out $(SENDER) $(SENDER_OBJS) $(SENDER_OBJS:.o=.d)

# A program beside the extension; it needs libcurl and libpq.
SENDER       = src/sender/campaign-sender
SENDER_OBJS  = $(patsubst %.c,%.o,$(sort $(wildcard src/sender/*.c)))

# Named fault points for the crash tests; make clean before switching.
ifdef FAULTS
PG_CPPFLAGS += -DCAMPAIGN_FAULTS
endif

# installcheck: against a running server that preloads the library.
REGRESS        = --schedule=test/schedule
REGRESS_OPTS   = --inputdir=test --load-extension=$(EXTENSION)
ISOLATION      = $(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test/isolation --outputdir=. --load-extension=$(EXTENSION)

# Bitcode for the server's JIT doubles the time of a build: with_llvm=yes asks for it.
override with_llvm := $(if $(findstring command,$(origin with_llvm)),$(with_llvm),no)

.DEFAULT_GOAL = all

PG_CONFIG ?= pg_config
PGXS := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))
ifneq (,$(PGXS))
include $(PGXS)
-include $(OBJS:.o=.d) $(SENDER_OBJS:.o=.d)

SENDER_CURL := $(shell curl-config --checkfor 7.66.0 >/dev/null 2>&1 && curl-config --cflags --libs)
ifneq (,$(and $(SENDER_CURL),$(wildcard $(includedir)/libpq-fe.h)))
all: $(SENDER)
install: install-sender
uninstall: uninstall-sender
else
all: no-sender
endif

.PHONY: install-sender uninstall-sender no-sender
$(SENDER_OBJS): %.o: %.c
	$(CC) $(CFLAGS) -D_GNU_SOURCE -DSENDER_VERSION='"$(EXTVERSION)"' -I$(includedir) $(filter-out -l% -L%,$(SENDER_CURL)) -c -o $@ $<
$(SENDER): $(SENDER_OBJS)
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS) $(LDFLAGS_EX) -L$(libdir) $(filter -l% -L%,$(SENDER_CURL)) -lpq -lpthread
install-sender: $(SENDER)
	$(MKDIR_P) '$(DESTDIR)$(bindir)'
	$(INSTALL_PROGRAM) $(SENDER) '$(DESTDIR)$(bindir)/'
uninstall-sender:
	rm -f '$(DESTDIR)$(bindir)/campaign-sender'
no-sender:
	@echo "campaign: campaign-sender is not built, it needs libcurl 7.66 and libpq (Debian: libcurl4-openssl-dev libpq-dev)" >&2
else
.PHONY: all install installcheck uninstall clean
all install installcheck uninstall clean:
	@echo "campaign: $(PG_CONFIG) finds no server headers; install postgresql-server-dev-15 (or set PG_CONFIG), or use make test, demo or psql" >&2; exit 1
endif

# A frozen version is what was released: the parts must still be the same.
ifeq (,$(DATA_built))
.PHONY: frozen
all: frozen
frozen: $(PARTS)
	@cat $^ | cmp -s - $(INSTALL_SQL) || \
		{ echo "campaign: sql/parts is not what version $(EXTVERSION) was frozen with; raise default_version in campaign.control" >&2; exit 1; }
else
$(INSTALL_SQL): $(PARTS)
	$(if $(PARTS),cat $^ > $@,$(error sql/parts is empty))

$(UPDATE_SQL): sql/$(EXTENSION)--$(FROZEN).sql $(INSTALL_SQL) $(HAND_SQL) sql/updates/assemble
	perl sql/updates/assemble $(wordlist 1,3,$^) > $@.new && mv $@.new $@
endif

src/base/version.o: campaign.control

# The harness decides by itself what it needs; it reads ONLY, TESTS, KEEP,
# RESULTS and PEOPLE from the environment, where make puts its variables.
.PHONY: test test-majors lint accept psql demo bench bench-growth bench-queue bench-peers deb
test:
	@bash test/harness/run
test-majors:
	@bash test/harness/majors
lint:
	@ONLY=lint bash test/harness/run
accept:
	@ACCEPT=1 bash test/harness/run
psql:
	@bash test/harness/psql
demo:
	@bash test/demo/run
bench:
	@bash test/bench/run
bench-growth:
	@bash test/bench/growth/run
bench-queue:
	@bash test/bench/queue/run
bench-peers:
	@bash test/bench/peers/run
deb:
	@bash test/harness/deb

# Keeps the scripts of this version for good; dist makes of what is committed
# the archive that PGXN takes, in the folder DIST.
DISTVERSION  = $(shell sed -n 's/^\t"version": "\(.*\)",/\1/p' META.json)
DIST        ?= .
.PHONY: freeze dist
freeze:
	@test -n "$(DATA_built)" || { echo "campaign: version $(EXTVERSION) is frozen" >&2; exit 1; }
	@rm -f $(DATA_built)
	@$(MAKE) -s $(DATA_built)
	@sha256sum $(DATA_built) >>sql/frozen
	@sed -i 's/"release_status": "testing"/"release_status": "stable"/' META.json
	@git add -f sql/frozen META.json $(DATA_built)
	@echo "version $(EXTVERSION) is frozen; commit what git status shows"
dist:
	@bash test/lint/run meta && bash test/lint/run frozen
	@git -c safe.directory='*' archive --format=zip --prefix=$(EXTENSION)-$(DISTVERSION)/ \
		-o $(DIST)/$(EXTENSION)-$(DISTVERSION).zip HEAD
	@echo "$(DIST)/$(EXTENSION)-$(DISTVERSION).zip"
