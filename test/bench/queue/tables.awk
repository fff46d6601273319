# The results of make bench-queue as Markdown.  Variables: peers, in order;
# titles, "peer=title;" each.

BEGIN {
	count = split(peers, peer, " ")
	pairs = split(titles, pair, ";")
	for (i = 1; i < pairs; i++) title[substr(pair[i], 1, index(pair[i], "=") - 1)] = substr(pair[i], index(pair[i], "=") + 1)
}

# Of several enqueues the one with the least CPU counts.
$1 == "enqueue" && (!(($2, "cpu") in enqueue) || $4 < enqueue[$2, "cpu"]) {
	enqueue[$2, "wall"] = $3; enqueue[$2, "cpu"] = $4; enqueue[$2, "wal"] = $5; enqueue[$2, "size"] = $6
}
$1 == "claim" { cell[$3, $4] = 1; rate[$2, $3, $4] = $5; wal[$2, $3, $4] = $6; cpu[$2, $3, $4] = $7 }
$1 == "first" { first[$2] = $3 }
$1 == "drain" { full[$2] = $3; after[$2] = $4; share[$2] = $5; at0[$2] = $6; at50[$2] = $7; at90[$2] = $8 }
$1 == "meanwhile" { median[$2] = $4; p99[$2] = $5; most[$2] = $6 }
$1 == "snapshot" { sixth[$2, $3, 1] = $4; sixth[$2, $3, 6] = $5; snapshots = 1 }
$1 == "remark" { $1 = ""; remarks = remarks "\n" substr($0, 2) "." }

# A whole number with its thousands set apart.
function whole(n,   text) {
	text = sprintf("%.0f", n)
	while (match(text, /[0-9][0-9][0-9][0-9]($|,)/)) text = substr(text, 1, RSTART) "," substr(text, RSTART + 1)
	return text
}
function figure(n) { return n == "" || n == "-" ? "–" : n >= 1000 ? whole(n) : n >= 100 ? sprintf("%.0f", n) : n + 0 }

# A figure with its ratio to that of the campaign; more is better, or less.
function against(value, ours, more,   ratio) {
	if (value == "" || value == "-") return "–"
	if (ours == "" || ours == "-" || (more ? value : ours) + 0 == 0) return figure(value)
	ratio = more ? ours / value : value / ours
	return figure(value) (ratio < 9.95 ? sprintf(" (%.1f)", ratio) : " (" whole(ratio) ")")
}
function head(words, columns,   i) {
	print "\n" words
	printf "|"
	for (i = 0; i < columns; i++) printf i ? "--:|" : "---|"
	print ""
}
function row(name, i) { return "| " name }

# One of the tables of claims: a line per batch and number of senders.
function claims(what, values, more, single,   b, s, i, batch, line) {
	line = "| " what
	for (i = 1; i <= count; i++) line = line " | " title[peer[i]]
	head(line " |", count + 1)
	for (b = 1; b <= 10000; b *= b == 1 ? 100 : 10) for (s = 1; s <= (single ? 1 : 4); s *= 2) {
		if (!((b, s) in cell)) continue
		line = "| batches of " whole(b) (single ? "" : ", " s (s == 1 ? " sender" : " senders"))
		for (i = 1; i <= count; i++)
			line = line " | " (i == 1 ? figure(values[peer[i], b, s]) : against(values[peer[i], b, s], values[peer[1], b, s], more))
		print line " |"
	}
}

END {
	head("| enqueue | wall, s | CPU of the server, s | WAL, MB | size, MB |", 5)
	for (i = 1; i <= count; i++) {
		line = "| " title[peer[i]]
		for (j = 1; j <= split("wall cpu wal size", column, " "); j++)
			line = line " | " (i == 1 ? figure(enqueue[peer[i], column[j]]) : against(enqueue[peer[i], column[j]], enqueue[peer[1], column[j]], 0))
		print line " |"
	}
	claims("claim + acknowledge, messages/s", rate, 1, 0)
	claims("WAL bytes per message, 1 sender", wal, 0, 1)
	claims("CPU of the server, µs per message, 1 sender", cpu, 0, 1)

	head("| draining | MB before | MB after | of the messages, % | claim + ack at 0 %, ms | at 50 % | at 90 % | 90 % to 0 % |", 8)
	for (i = 1; i <= count; i++) {
		p = peer[i]
		printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", title[p], figure(full[p]), i == 1 ? figure(after[p]) : against(after[p], after[peer[1]], 0),
			figure(share[p]), figure(at0[p]), figure(at50[p]), figure(at90[p]), at90[p] == "-" || at0[p] + 0 == 0 ? "–" : sprintf("%.2f", at90[p] / at0[p])
	}

	head("| while all are enqueued | first message claimed, s | claim + ack of 10, median, ms | 99 % | longest |", 5)
	for (i = 1; i <= count; i++) {
		p = peer[i]
		printf "| %s | %s | %s | %s | %s |\n", title[p], i == 1 ? figure(first[p]) : against(first[p], first[peer[1]], 0),
			figure(median[p]), i == 1 ? figure(p99[p]) : against(p99[p], p99[peer[1]], 0), figure(most[p])
	}

	if (snapshots) {
		head("| claim + ack of 100, messages/s | first sixth | last sixth | first, snapshot held | last, snapshot held |", 5)
		for (i = 1; i <= count; i++) {
			p = peer[i]
			printf "| %s | %s | %s | %s | %s |\n", title[p], figure(sixth[p, "free", 1]), figure(sixth[p, "free", 6]),
				figure(sixth[p, "held", 1]), i == 1 ? figure(sixth[p, "held", 6]) : against(sixth[p, "held", 6], sixth[peer[1], "held", 6], 1)
		}
	}
	printf "%s", remarks (remarks == "" ? "" : "\n")
}
