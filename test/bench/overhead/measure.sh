# Prints what twenty activities on ten rows cost, against their statements sent
# by psql, and with a long history.  Sourced by test/bench/run.

overhead=$bench/overhead
turns=20

# repeat FILE: the file $turns times in one session; the median of what it says.
repeat() {
	local turn
	for turn in $(seq "$turns"); do cat "$1"; done |
		PGOPTIONS="-c search_path=shop,public" campaign_psql -qAt -U shop |
		grep -E '^[0-9]+\.[0-9]+$' | sort -n | sed -n "$((turns / 2))p"
}

# row LABEL FILE: milliseconds; CPU and WAL of a run; rows written, of our tables
# and of the server's.
row() {
	local written ms
	value 'SELECT pg_stat_force_next_flush()' >/dev/null
	written=$(value "$(<"$overhead/written.sql")")
	: >"$results"
	ms=$(measure turn repeat "$2")
	settle
	sleep 2					# until the processes have reported
	echo "$1 $ms $(tail -n 1 "$results") $written $(value "$(<"$overhead/written.sql")")" | tr '|' ' ' | awk -v n="$turns" '{
		printf "| %s | %.0f | %.0f | %.0f | %.0f | %.0f |\n", $1, $2, $5 / n * 1000, $6 / n * 1024, ($9 - $7) / n, ($10 - $8) / n}'
}

shop shop "$overhead/campaign.sql"
for ten in turn statements; do repeat "$overhead/$ten.sql" >/dev/null; done
echo 'Medians of 20 runs in a row.'
echo
echo '| twenty activities on ten rows | wall, ms | CPU, ms | WAL, kB | rows written, our tables | server catalogs |'
echo '|---|--:|--:|--:|--:|--:|'
row campaign "$overhead/turn.sql"
row statements "$overhead/statements.sql"
campaign_psql -q -f "$overhead/history.sql" >/dev/null || campaign_die 'no history'
row campaign,_100,000_runs_before "$overhead/turn.sql" | tr '_' ' '
