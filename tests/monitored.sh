#!/bin/bash
# tests/monitored.sh BUILD: `reaptop metrics` in a real chain: written to a file,
# read by node_exporter's textfile collector, scraped and stored by Prometheus, whose
# alert fires for a zombie that is left for a minute and names its parent. Takes two
# minutes. Exit 77 where one of the programs is not installed: nothing is installed here.
set -u
# shellcheck disable=SC2317 # what a trap or await calls

cd "$(dirname "$0")/.." || exit 1
reaptop=$(realpath "${1:-build}")/reaptop
exporter=$(command -v prometheus-node-exporter || command -v node_exporter)
for tool in promtool prometheus "${exporter:-node_exporter}"; do
    command -v "$tool" >/dev/null || { echo "monitored: skipped, there is no $tool"; exit 77; }
done

work=$(mktemp -d)
pids=()
cleanup() {
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null
        wait "$pid" 2>/dev/null
    done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM))
        is_open $port || { echo $port; return; }
    done
}
get() { # get PORT PATH: the answer's body and headers
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$2" >&3
    timeout 10 cat <&3
    exec 3>&-
}
# await SECONDS WHAT COMMAND...: until it holds; says how long that took.
await() {
    local limit=$1 what=$2 from=$SECONDS
    shift 2
    until "$@"; do
        if [ $((SECONDS - from)) -ge "$limit" ]; then
            echo "monitored: $what: FAILED, not within $limit s"
            tail -n 5 "$work"/*.log
            exit 1
        fi
        "$reaptop" metrics -o "$work/text/reaptop.prom" || exit 1
        sleep 1
    done
    echo "monitored: $what: ok, after $((SECONDS - from)) s"
}

mkdir "$work/text"
node=$(free_port) server=$(free_port)
cat >"$work/prometheus.yml" <<EOF
global: {scrape_interval: 2s, evaluation_interval: 2s}
rule_files: ['$PWD/src/share/prometheus/reaptop-alerts.yml']
scrape_configs:
  - {job_name: node, static_configs: [{targets: ['127.0.0.1:$node']}]}
EOF
promtool check config "$work/prometheus.yml" >"$work/promtool.log" 2>&1 ||
    { cat "$work/promtool.log"; exit 1; }

# A parent that never waits, and its child's zombie: the shell's child outlives its exec.
sh -c 'sleep 0.1 & exec sleep 600' &
parent=$!
pids+=("$parent")
"$exporter" --web.listen-address="127.0.0.1:$node" --collector.disable-defaults \
    --collector.textfile --collector.textfile.directory="$work/text" 2>"$work/exporter.log" &
pids+=($!)
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/data" \
    --web.listen-address="127.0.0.1:$server" 2>"$work/prometheus.log" >&2 &
pids+=($!)

exported() { get "$node" /metrics 2>/dev/null | grep -q "^reaptop_zombies{.*waiter_pid=\"$parent\""; }
stored() {
    get "$server" "/api/v1/query?query=reaptop_zombies%7Bwaiter_pid%3D%22$parent%22%7D" 2>/dev/null |
        grep -q '"waiter":"sleep"'
}
alert() { get "$server" /api/v1/alerts 2>/dev/null | tr '{' '\n' | grep -A3 "\"ZombiesNotReaped\".*\"waiter_pid\":\"$parent\""; }
fires() { alert | grep -q '"state":"firing"'; }

await 60 'node_exporter has the zombie and its parent' exported
await 60 'Prometheus stores it' stored
await 60 'the alert is pending' alert >"$work/alert"
tail -n 1 "$work/alert"
await 120 'the alert fires' fires
alert | grep -o "sleep with PID ${parent}[^\"]*"
exit 0
