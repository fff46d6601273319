# The median of what value[name, who, figure, 1...] has; count says how many.
function median(name, who, figure,   i, j, c, v, x) {
	c = count[name, who, figure]
	for (i = 1; i <= c; i++) v[i] = value[name, who, figure, i]
	for (i = 2; i <= c; i++)
		for (j = i; j > 1 && v[j - 1] > v[j]; j--) {x = v[j]; v[j] = v[j - 1]; v[j - 1] = x}
	return (v[int((c + 1) / 2)] + v[int(c / 2) + 1]) / 2
}
