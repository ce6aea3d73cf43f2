# Lines `topic {"value":x}` in, a table of meters out: redrawn on a terminal, repeated every few seconds elsewhere.

function value(payload) {
    sub(/^\{"value":/, "", payload)
    sub(/\}$/, "", payload)
    gsub(/^"|"$/, "", payload)
    return payload
}

function cell(meter, path) {
    return (meter, path) in values ? values[meter, path] : "-"
}

function name(meter,   given) {
    given = cell(meter, "CustomName")
    return given != "-" && given != "" ? given : cell(meter, "ProductName")
}

# Of a gas or water meter the volume.
function import(meter) {
    return (meter, "Aggregate") in values ? cell(meter, "Aggregate") " m3" : cell(meter, "Ac/Energy/Forward")
}

function draw(   i, meter) {
    if (terminal) {
        printf "%s", drawn ? "\033[" (count + 1) "A" : ""
    }
    printf "%-26s %-15s %10s %9s %9s %9s %8s %12s %12s\n", "meter", "topic", "W", "W L1", "W L2", "W L3", "V L1", "kWh in",
        "kWh out"
    for (i = 1; i <= count; i++) {
        meter = meters[i]
        printf "%-26s %-15s %10s %9s %9s %9s %8s %12s %12s%s\n", name(meter), meter, cell(meter, "Ac/Power"),
            cell(meter, "Ac/L1/Power"), cell(meter, "Ac/L2/Power"), cell(meter, "Ac/L3/Power"),
            cell(meter, "Ac/L1/Voltage"), import(meter), cell(meter, "Ac/Energy/Reverse"),
            terminal ? "\033[K" : ""
    }
    fflush()
    drawn = 1
}

{
    topic = $1
    payload = substr($0, length(topic) + 2)
    levels = split(topic, level, "/")
    meter = level[3] "/" level[4]
    if (level[3] == "system" || level[3] == "settings" || level[3] == "platform") {
        next
    }
    path = substr(topic, length(level[1] "/" level[2] "/" meter) + 2)
    if (!(meter in known)) {
        known[meter] = 1
        meters[++count] = meter
        if (terminal && drawn) {
            print ""
        }
    }
    values[meter, path] = value(payload)
    if (path == "UpdateIndex") {
        updates++
        if (terminal || updates % 40 == 8) {
            draw()
        }
    }
}
