# Rows: x, per second, p50 us, p99 us. An SVG: bars for the first (left axis), lines for the others (right axis, log10 of ms).
# title, unit: words.
function short(x) { return x >= 100000 ? sprintf("%.1fM", x / 1e6) : x >= 10000 ? sprintf("%dk", x / 1000) : x }
function y_of(us) { return top + high - high * (log(us / 1000) / log(10) + 1) / 5 } # 0.1 ms … 10 s
BEGIN { left = 70; top = 40; wide = 560; high = 280 }
{ n++; x[n] = $1; rate[n] = $2; p50[n] = $3; p99[n] = $4; if ($2 > most) most = $2 }
END {
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 380\" font-family=\"sans-serif\" font-size=\"12\">"
    print "<rect width=\"720\" height=\"380\" fill=\"white\"/>"
    printf "<text x=\"%d\" y=\"20\" font-size=\"14\">%s</text>\n", left, title
    step = wide / n
    for (i = 1; i <= n; i++) {
        h = high * rate[i] / most / 1.1
        printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#9ab8d8\"/>\n", left + (i - 0.8) * step, top + high - h, step * 0.6, h
        printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n", left + (i - 0.5) * step, top + high - h - 4, short(int(rate[i]))
        printf "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", left + (i - 0.5) * step, top + high + 16, short(x[i])
        a = a sprintf("%.1f,%.1f ", left + (i - 0.5) * step, y_of(p50[i]))
        b = b sprintf("%.1f,%.1f ", left + (i - 0.5) * step, y_of(p99[i]))
    }
    printf "<polyline points=\"%s\" fill=\"none\" stroke=\"#2a7a2a\" stroke-width=\"2\"/>\n", a
    printf "<polyline points=\"%s\" fill=\"none\" stroke=\"#b03030\" stroke-width=\"2\"/>\n", b
    for (ms = 0.1; ms <= 10001; ms *= 10)
        printf "<text x=\"%d\" y=\"%.1f\">%g ms</text>\n", left + wide + 8, y_of(ms * 1000) + 4, ms
    printf "<path d=\"M%d %d V%d H%d V%d\" fill=\"none\" stroke=\"black\"/>\n", left, top, top + high, left + wide, top
    printf "<text x=\"%d\" y=\"%d\">%s/s (bars)</text>\n", left, top + high + 40, unit
    printf "<text x=\"%d\" y=\"%d\" fill=\"#2a7a2a\">p50</text>\n<text x=\"%d\" y=\"%d\" fill=\"#b03030\">p99</text>\n</svg>\n", left + 160, top + high + 40, left + 200, top + high + 40
}
