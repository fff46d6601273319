# Table of make bench-growth from its results: a line per run (campaign, server,
# wall, CPU, WAL).  With median.awk.
!($1 in known) {known[$1]; names[++n] = $1}
{for (figure = 1; figure <= 2; figure++) value[$1, $2, figure, ++count[$1, $2, figure]] = $(figure + 2)}

END {
	print "\n| | wall, s | of ten times as many | growth | CPU, s | of ten times as many | growth |\n|---|--:|--:|--:|--:|--:|--:|"
	for (i = 1; i <= n; i++) {
		printf "| %s |", names[i]
		for (figure = 1; figure <= 2; figure++) {
			less = median(names[i], "smaller", figure)
			more = median(names[i], "larger", figure)
			growth = less > 0 ? more / less : 0
			logs[figure] += log(growth > 0 ? growth : 1)
			printf " %.2f | %.2f | %.1f |", less, more, growth
		}
		print ""
	}
	printf "| geometric mean | | | %.1f | | | %.1f |\n", exp(logs[1] / n), exp(logs[2] / n)
}
