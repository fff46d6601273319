# Tables of make bench from its results: a line per measurement (campaign,
# contender, wall, CPU, WAL), per memory (campaign, "memory", contender, MB) and
# per campaign ("messages").  With median.awk.
$2 == "messages" {names[++n] = $1; messages[$1] = $3; next}
$2 == "memory" {value[$1, $3, 4, ++count[$1, $3, 4]] = $4; next}
{for (figure = 1; figure <= 3; figure++) value[$1, $2, figure, ++count[$1, $2, figure]] = $(figure + 2)}

END {
	split("wall, s|CPU of the server, s|WAL, MB|memory of the largest process, MB", title, "|")
	split("%.2f|%.2f|%.1f|%.0f", form, "|")
	for (figure = 1; figure <= 4; figure++) {
		printf "\n| %s | messages | campaign | script | one SQL | to script | to one SQL |\n|---|--:|--:|--:|--:|--:|--:|\n", title[figure]
		logs = logo = 0
		for (i = 1; i <= n; i++) {
			c = median(names[i], "campaign", figure)
			s = median(names[i], "script", figure)
			o = median(names[i], "single", figure)
			if (o == 0 || s == 0 || c == 0) {c += 0.01; s += 0.01; o += 0.01}
			printf "| %s | %d | " form[figure] " | " form[figure] " | " form[figure] " | %.2f | %.2f |\n", names[i], messages[names[i]], c, s, o, c / s, c / o
			logs += log(c / s)
			logo += log(c / o)
		}
		printf "| geometric mean | | | | | %.2f | %.2f |\n", exp(logs / n), exp(logo / n)
	}
}
