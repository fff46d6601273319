# Functions for everything that needs a server of its own: tests, demo, bench.
# Source it from bash; it changes to the root of the tree.
#
#   campaign_prepare               install the Debian packages that are missing
#   campaign_prepare_optional PACKAGE...
#                                  the same of what can be done without
#   campaign_scratch               make the scratch folder and clean it up at exit
#   campaign_build NAME [ARG...]   copy the tree to $SCRATCH/NAME, make ARG..., stage
#   campaign_conf NAME             print the settings of a server for that build
#   campaign_server_start [CONF]   start a server with build "plain" (made if
#                                  missing); CONF is a file of further settings
#   campaign_server_stop           stop it; done at exit as well
#   campaign_psql [ARG...]         psql as superuser in the database "campaign",
#                                  where the extension has been created
#   campaign_as CMD...             run a command as the unprivileged user
#   campaign_step TEXT             say what is going on (standard error)
#   campaign_die TEXT              say what is wrong and exit
#
# A whole program is:
#
#   . "$(dirname "$0")/../harness/lib.sh"
#   campaign_prepare; campaign_scratch; campaign_server_start
#   campaign_psql -c 'SELECT 1'
#
# Variables it sets: SCRATCH (owned by the unprivileged user; files for it go
# to $SCRATCH/tmp, which is also TMPDIR), PGBIN, PGHOST, PGPORT, PGUSER,
# PGDATABASE.  Variables it reads: KEEP=1 leaves the scratch folder behind,
# PGVERSION (15) selects another packaged server, PG_CONFIG any other server,
# UNDER a program under which that one is run, COPT adds compiler options,
# SETTINGS adds settings of servers, separated by semicolons.
#
# The unprivileged user is postgres for root, otherwise the caller.  The server
# listens on a socket in the scratch folder only.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
TREE=$PWD
umask 022

PACKAGES="make gcc libc6-dev libipc-run-perl libtap-parser-sourcehandler-pgtap-perl
	libpq-dev libcurl4-openssl-dev python3-aiosmtpd openssl faketime"

# A packaged server, or one that somebody built and put into a folder of its own.
PGBIN=/usr/lib/postgresql/${PGVERSION:-15}/bin
[ -z "${PG_CONFIG:-}" ] || PGBIN=$("$PG_CONFIG" --bindir) || exit 1
case $PGBIN in
	/usr/lib/postgresql/*/bin)
		OWN=
		PGLIB=${PGBIN%/bin}/lib
		PGVERSION=${PGBIN#/usr/lib/postgresql/} PGVERSION=${PGVERSION%/bin}
		PACKAGES="$PACKAGES postgresql-$PGVERSION postgresql-server-dev-$PGVERSION
			postgresql-$PGVERSION-pgtap postgresql-$PGVERSION-cron"
		;;
	*)
		OWN=${PGBIN%/bin}
		PGLIB=$("$PG_CONFIG" --pkglibdir)
		PGVERSION=$("$PG_CONFIG" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
		;;
esac

# What a caller's session says about servers, languages and make is not for ours.
for var in $(compgen -e | grep -E '^(PG[A-Z]+|LC_[A-Z]+|LANGUAGE|MAKEFLAGS|MFLAGS|MAKELEVEL|MAKEOVERRIDES)$' \
	| grep -vE '^(PGVERSION|PGLIB|PGBIN)$'); do
	unset "$var"
done
export LANG=C.UTF-8

SCRATCH=
RUNAS=
if [ "$(id -u)" = 0 ]; then RUNAS=postgres; fi

campaign_step() { printf '== %s\n' "$*" >&2; }
campaign_die() { printf 'campaign: %s\n' "$*" >&2; exit 1; }

# Programs get Ctrl-C back, which bash takes from what it starts with "&".
campaign_as() {
	if [ -n "$RUNAS" ]; then
		runuser -u "$RUNAS" -- env --default-signal=INT,QUIT \
			HOME="${SCRATCH:-/}" USER="$RUNAS" LOGNAME="$RUNAS" "$@"
	else
		env --default-signal=INT,QUIT HOME="${SCRATCH:-$HOME}" "$@"
	fi
}

# Packages ---------------------------------------------------------------

missing_packages() {
	local package
	for package in "$@"; do
		dpkg-query -W -f='${db:Status-Abbrev}\n' "$package" 2>/dev/null \
			| grep -q '^.i' || printf '%s ' "$package"
	done
}

as_root() {
	if [ "$(id -u)" = 0 ]; then env DEBIAN_FRONTEND=noninteractive "$@"
	else sudo env DEBIAN_FRONTEND=noninteractive "$@"; fi
}

apt_install() {
	local words
	words=$(as_root apt-get install -y -q --no-install-recommends "$@" </dev/null 2>&1) ||
		{ printf '%s\n' "$words" >&2; campaign_die "apt-get could not install: $*"; }
}

# Installs what is missing.  Where PostgreSQL is new to the machine, no cluster
# is created: the common package comes first and is told so.
campaign_prepare() {
	local missing words
	campaign_step "Debian packages needed:" $PACKAGES
	command -v dpkg-query >/dev/null || campaign_die "this is not Debian: install PostgreSQL with its headers and use make installcheck"
	missing=$(missing_packages $PACKAGES)
	if [ -z "$missing" ]; then
		campaign_step "all of them are installed"
		return
	fi
	campaign_step "installing: $missing"
	[ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
		campaign_die "neither root nor sudo: have an administrator run apt-get install $missing"
	words=$(as_root apt-get update -q </dev/null 2>&1) || printf '%s\n' "$words" >&2
	if [ -n "$(missing_packages postgresql-common)" ]; then
		apt_install postgresql-common
		as_root sed -i 's/^#\?create_main_cluster *=.*/create_main_cluster = false/' \
			/etc/postgresql-common/createcluster.conf
		campaign_step "no server is started: create_main_cluster = false in /etc/postgresql-common/createcluster.conf"
	fi
	apt_install $missing
}

# Installs what is wanted and can be done without; says so where it cannot.
campaign_prepare_optional() {
	local missing words
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	campaign_step "installing if it can be: $missing"
	words=$(as_root apt-get update -q </dev/null 2>&1 &&
		as_root apt-get install -y -q --no-install-recommends $missing </dev/null 2>&1) ||
		{ printf '%s\n' "$words" | tail -n 3 >&2; campaign_step "could not install $missing: what needs that is skipped"; }
}

# The scratch folder -----------------------------------------------------

# True if the unprivileged user can work there and a socket path fits.
fits() { [ ${#1} -le 60 ] && campaign_as test -w "$1" && campaign_as test -x "$1"; }

make_scratch() {
	SCRATCH=$(mktemp -d "$1/campaign.XXXXXX") && SCRATCH=$(cd "$SCRATCH" && pwd -P) || exit 1
	chmod 755 "$SCRATCH"
	[ -z "$RUNAS" ] || chown "$RUNAS:" "$SCRATCH"
}

campaign_scratch() {
	trap campaign_cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	make_scratch "${TMPDIR:-/tmp}"
	if ! fits "$SCRATCH"; then
		rmdir "$SCRATCH"
		make_scratch /tmp
	fi
	campaign_as mkdir "$SCRATCH/tmp"
	export TMPDIR=$SCRATCH/tmp
}

# Processes that work in the scratch folder: everything started here does.
scratch_processes() {
	local dir where
	for dir in /proc/[0-9]*; do
		where=$(readlink "$dir/cwd" 2>/dev/null) || continue
		case $where/ in "$SCRATCH"/*) echo "${dir#/proc/}" ;; esac
	done
}

# Ends every process of the scratch folder.  A postmaster is asked to leave at
# once and in order, because a killed one leaves its shared memory behind.
end_processes() {
	local pid file try
	find "$SCRATCH" -name postmaster.pid 2>/dev/null | while read -r file; do
		pid=$(head -n 1 "$file")
		[ "$(readlink "/proc/$pid/cwd")" = "${file%/postmaster.pid}" ] && kill -QUIT "$pid"
		true
	done
	for try in 1 2 3 4 5 6 7 8 9 10; do
		for pid in $(scratch_processes); do
			case $(cat "/proc/$pid/comm" 2>/dev/null) in
				postgres) ;;
				*) kill -TERM "$pid" 2>/dev/null ;;
			esac
		done
		[ -n "$(scratch_processes)" ] || break
		sleep 0.5
	done
	for pid in $(scratch_processes); do kill -KILL "$pid" 2>/dev/null; done
	find "$SCRATCH" -name postmaster.pid -exec sed -n 7p {} + 2>/dev/null |
		while read -r _ file; do ipcrm -m "$file" 2>/dev/null; done
}

# Runs at exit, whatever the reason; the exit status stays.
campaign_cleanup() {
	local status=$?
	trap '' HUP INT TERM
	cd "$TREE"
	[ -n "$SCRATCH" ] && [ -d "$SCRATCH" ] || return $status
	end_processes
	if [ -n "${KEEP:-}" ]; then
		campaign_step "kept: $SCRATCH"
	else
		rm -rf "$SCRATCH"
	fi
	return $status
}

# Build ------------------------------------------------------------------

# The names of the files to copy, each ended by a zero byte.
list_files() {
	if [ -e .git ] && git -c safe.directory='*' ls-files -co --exclude-standard -z >"$SCRATCH/files" 2>/dev/null; then
		while IFS= read -r -d '' file; do
			[ ! -e "$file" ] || printf '%s\0' "$file"
		done <"$SCRATCH/files"
		rm -f "$SCRATCH/files"
	else
		find . \( -name .git -o -name results \) -prune -o -type f \
			! -name '*.o' ! -name '*.d' ! -name '*.bc' ! -name '*.so' -print0
	fi
}

campaign_copy() {
	mkdir "$1"
	list_files | tar --null -T - -cf - | tar -C "$1" --no-same-owner -xf - || campaign_die "could not copy the tree"
	chmod -R u+rwX,go+rX "$1"
	[ -z "$RUNAS" ] || chown -R "$RUNAS:" "$1"
}

# server_bin NAME, server_lib NAME: where the server for that build is.
server_bin() { if [ -n "$OWN" ]; then echo "$SCRATCH/$1/stage/bin"; else echo "$PGBIN"; fi; }
server_lib() { if [ -n "$OWN" ]; then echo "$SCRATCH/$1/stage/${PGLIB#"$OWN/"}"; else echo "$PGLIB"; fi; }

# A server that is not Debian's is copied with all it has, because nothing may
# be installed into it; it finds its files from where its programs are.
# With UNDER, what starts it starts that program.
copy_server() {
	cp -a "$OWN" "$1" || return 1
	[ -z "$RUNAS" ] || chown -R "$RUNAS:" "$1"
	[ -n "${UNDER:-}" ] || return 0
	mv "$1/bin/postgres" "$1/bin/postgres.server"
	printf '#!/bin/sh\n[ "$1" = -D ] || exec "%s" "$@"\nexec %s "%s" "$@"\n' \
		"$1/bin/postgres.server" "$UNDER" "$1/bin/postgres.server" >"$1/bin/postgres"
	chmod +x "$1/bin/postgres"
}

# Builds and stages; of the compiler's words the warnings are shown.
campaign_build() {
	local name=$1 dir=$SCRATCH/$1 log=$SCRATCH/$1.log config
	shift
	campaign_step "building ($name)"
	campaign_copy "$dir"
	if [ -n "$OWN" ] && ! copy_server "$dir/stage"; then return 1; fi
	config=$(server_bin "$name")/pg_config
	if ! (cd "$dir" &&
		campaign_as make -s -j"$(nproc)" PG_CONFIG="$config" ${COPT:+"COPT=$COPT"} "$@" all &&
		campaign_as make -s PG_CONFIG="$config" ${COPT:+"COPT=$COPT"} "$@" DESTDIR="$(campaign_stage "$name")" install) >"$log" 2>&1
	then
		cat "$log" >&2
		campaign_step "the build failed"
		return 1
	fi
	if [ "$name" = plain ]; then grep -A3 'warning:' "$log" >&2; fi
	return 0
}

# What stands before the paths of installed files.
campaign_stage() { if [ -z "$OWN" ]; then echo "$SCRATCH/$1/stage"; fi; }

# Debian's servers look for extensions below extension_destdir first, but not
# for preloaded libraries; from 18 on every server has a path for them.
campaign_conf() {
	local stage
	stage=$(campaign_stage "$1")
	if [ -n "$stage" ]; then
		if [ "$PGVERSION" -ge 18 ]; then
			echo "extension_control_path = '$stage$("$PGBIN/pg_config" --sharedir):\$system'"
		else
			echo "extension_destdir = '$stage'"
		fi
		echo "dynamic_library_path = '$stage$PGLIB:\$libdir'"
	fi
	cat "$SCRATCH/$1/test/test.conf"
	[ -z "${SETTINGS:-}" ] || printf '%s\n' "$SETTINGS" | tr ';' '\n'
}

# Server -----------------------------------------------------------------

campaign_server_start() {
	local dir=$SCRATCH/${SERVER:-server}
	[ -d "$SCRATCH/plain/stage" ] || campaign_build plain || exit 1
	campaign_step "starting a private server"
	campaign_as mkdir "$dir"
	(cd "$dir" && campaign_as "$(server_bin plain)/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --no-sync) >"$SCRATCH/initdb.log" 2>&1 ||
		{ cat "$SCRATCH/initdb.log" >&2; campaign_die "initdb failed"; }
	{
		campaign_conf plain
		echo "listen_addresses = ''"
		echo "unix_socket_directories = '$dir'"
		[ $# = 0 ] || cat "$1"
	} >>"$dir/data/postgresql.conf"
	(cd "$dir" && campaign_as "$(server_bin plain)/pg_ctl" -D "$dir/data" -l "$dir/log" -w start) >/dev/null ||
		{ cat "$dir/log" >&2; campaign_die "the server did not start"; }
	export PGHOST=$dir PGPORT=5432 PGUSER=postgres PGDATABASE=campaign
	campaign_psql -q -d postgres -c 'CREATE DATABASE campaign' || campaign_die "could not create the database"
	campaign_psql -q -c 'CREATE EXTENSION campaign' || campaign_die "could not create the extension"
}

campaign_server_stop() {
	(cd "$PGHOST" && campaign_as "$PGBIN/pg_ctl" -D "$PGHOST/data" -m fast -w stop) >/dev/null
}

# Works in the scratch folder, so that the clean-up finds it.  Pass scripts by
# standard input: the unprivileged user may not be able to read the tree.
campaign_psql() { (cd "$SCRATCH/tmp" && campaign_as "$PGBIN/psql" -X -v ON_ERROR_STOP=1 "$@"); }
