# What the benches share; source it after test/harness/lib.sh.
#
#   bench_server           a private server with real flushes and a good part of
#                          the memory, without autovacuum
#   bench_shop             in it, customers and orders of $people people
#   shop SCHEMA FILE [ARG...]
#                          a file as the shop's owner, with the tables of a
#                          contender in front
#   value SQL              what a query gives
#   cpu                    CPU seconds of the server so far
#   settle                 wait until the sessions of role shop are gone
#   wal                    position of the WAL, in bytes
#   measure NAME CMD...    run it; a line of NAME, wall seconds, CPU seconds, MB
#                          of WAL goes to $results
#   watch_memory           begin to look at the memory of role shop's processes
#   memory_seen            MB of the largest, without shared memory; ends it
#   replace_between NAME DOCUMENT FILE
#                          put FILE between <!-- begin NAME --> and <!-- end -->
#
# Variables it sets: memory, MB that are a quarter of the machine's.

# A quarter of the memory, as manuals advise.  Autovacuum stays out, because it
# would work for whoever came before.  Every contender has the same work_mem.
memory=$(awk '/^MemTotal/ {print int($2 / 4096)}' /proc/meminfo)
bench_server() {
	cat >"$SCRATCH/bench.conf" <<-EOF
		fsync = on
		shared_buffers = $((memory < 8192 ? memory : 8192))MB
		work_mem = 64MB
		campaign.work_mem = 64MB
		max_wal_size = 16GB
		checkpoint_timeout = 1h
		autovacuum = off
	EOF
	campaign_server_start "$SCRATCH/bench.conf"
	postmaster=$(head -n 1 "$PGHOST/data/postmaster.pid")
}

shop() {
	local schema=$1 file=$2
	shift 2
	PGOPTIONS="-c search_path=$schema,shop,public" campaign_psql -q -U shop -v people="$people" \
		"$@" -f "$file" >/dev/null || campaign_die "failed: $file"
}

bench_shop() {
	campaign_step "generating $people customers and $((3 * people)) orders"
	campaign_psql -q -c 'CREATE ROLE shop LOGIN' -c 'GRANT USAGE ON SCHEMA campaign TO shop' \
		-c 'GRANT CREATE ON DATABASE campaign TO shop' -c 'CREATE SCHEMA AUTHORIZATION shop' || exit 1
	shop shop "$SCRATCH/plain/test/demo/customers.sql"
	shop shop "$SCRATCH/plain/test/bench/data.sql" -v today="$(date -u +%F) 00:00+00"
	campaign_psql -q -c 'VACUUM ANALYZE' || exit 1
}

value() { campaign_psql -qAtc "$1"; }

wal() { value "SELECT pg_current_wal_insert_lsn() - '0/0'"; }

# CPU seconds of the server: of the postmaster, the children it has and those
# it had.
cpu() {
	local pid ticks
	read -r ticks < <(awk '{print $14 + $15 + $16 + $17}' "/proc/$postmaster/stat")
	for pid in $(cat "/proc/$postmaster/task/$postmaster/children"); do
		ticks=$((ticks + $(awk '{print $14 + $15}' "/proc/$pid/stat" 2>/dev/null || echo 0)))
	done
	awk "BEGIN {print $ticks / $(getconf CLK_TCK)}"
}

# Until the processes of the shop and of its runs are gone, so that all their
# work is counted and none is counted for the next; a process that has ended and
# whose time is not yet its parent's has an empty command line.
settle() {
	local pid busy=1
	while [ -n "$busy" ]; do
		sleep 0.05
		busy=
		for pid in $(cat "/proc/$postmaster/task/$postmaster/children"); do
			case $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") in
				'' | 'postgres: shop '* | *executor* | *'parallel worker'*) busy=1 ;;
			esac
		done
	done
}

measure() {
	local name=$1 position before began wall
	shift
	settle
	value CHECKPOINT
	position=$(wal) before=$(cpu) began=$EPOCHREALTIME
	"$@"
	wall=$(awk "BEGIN {print $EPOCHREALTIME - $began}")
	settle
	echo "$name $(awk "BEGIN {printf \"%.3f %.2f %.2f\", $wall, $(cpu) - $before, ($(wal) - $position) / 1048576}")" >>"$results"
}

# What a process has had at most, shared memory included, less what of that is
# resident when it is looked at.
watch_memory() {
	rm -f "$SCRATCH/memory_end"
	while [ ! -e "$SCRATCH/memory_end" ]; do
		for pid in $(<"/proc/$postmaster/task/$postmaster/children"); do
			case $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") in
				'postgres: shop '* | *executor* | *'parallel worker'*) grep -E '^(VmHWM|RssShmem)' "/proc/$pid/status" 2>/dev/null ;;
			esac
		done
		sleep 0.05
	done >"$SCRATCH/memory_log" &
	watcher=$!
}
memory_seen() {
	touch "$SCRATCH/memory_end"
	wait "$watcher"
	awk '/VmHWM/ {peak = $2} /RssShmem/ && peak - $2 > most {most = peak - $2} END {printf "%.0f", most / 1024}' "$SCRATCH/memory_log"
}

replace_between() {
	awk -v begin="<!-- begin $1 -->" -v file="$3" '
		$0 == begin {print; while ((getline line < file) > 0) print line; skip = 1}
		$0 == "<!-- end -->" {skip = 0}
		!skip' "$2" >"$SCRATCH/document" && cat "$SCRATCH/document" >"$2"
}
