# layers: a file includes headers of its own layer or of a lower one.
# awk -f layers.awk FILE...   (paths as src/LAYER/FILE; src/FILE is the top)
# src/sender is a program: it includes no layer, and no layer includes it.
function height(path,    part, n) {
	n = split(path, part, "/")
	if (part[1] != "src" || n < 2) return -1
	return n == 2 ? top : layer[part[2]]
}

BEGIN {
	top = 1 + split("base store set queue activity engine worker api", order, " ")
	for (i = 1; i < top; i++) layer[order[i]] = i
	layer["sender"] = top + 1
}

FNR == 1 && !height(FILENAME) {
	print FILENAME ":1: the folder is not a layer"
	bad = 1
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
	header = $0
	sub(/^[^"]*"/, "", header)
	sub(/".*/, "", header)
	if (header ~ /\.\./) {
		print FILENAME ":" FNR ": \"" header "\" climbs; write \"layer/file.h\""
		bad = 1
	}
	else if (FILENAME ~ /^src\/sender\// && split(header, at, "/") > 1 && at[1] in layer) {
		print FILENAME ":" FNR ": includes \"" header "\" of the server"
		bad = 1
	}
	else if (height("src/" header) > height(FILENAME)) {
		split(header, at, "/")
		# Headers of the server live in folders of other names, or in none.
		if (at[1] in layer) {
			print FILENAME ":" FNR ": includes \"" header "\" of a higher layer"
			bad = 1
		}
	}
}

END { exit bad }
