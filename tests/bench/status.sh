#!/usr/bin/env bash
# Prints what `status` of simulated nodes over loopback TLS costs: status.sh TALFORGE [NODES]
#
# Beside it, in the same run, a grpc-go client of the official machinery that dials 32 nodes at a
# time and makes the same calls: Version, MachineStatus, services, the machine config and the
# extensions. TALFORGE is a release build. Needs Go.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
talforge=$(realpath "${1:?status.sh TALFORGE [NODES]}")
count=${2:-1000}
width=32
if ! command -v go >/dev/null; then
	echo "bench status: NOT MEASURED, Go is not installed"
	exit 0
fi
ulimit -n "$(ulimit -Hn)"

work=$(mktemp -d)
server=
finish() {
	if [ -n "$server" ]; then
		kill -KILL "$server" 2>/dev/null || true # nothing of it is kept
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap finish EXIT
(cd "$here/../peer/grpc" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$work/grpc" .)

"$talforge" init "$work/ws" -p vip-and-workers >/dev/null 2>&1
{
	echo nodes:
	for ((i = 0; i < count; i++)); do
		printf '  - name: n%d\n    address: 10.0.%d.%d\n    controller: %s\n' "$i" \
			$((100 + i / 200)) $((1 + i % 200)) "$([ "$i" -lt 3 ] && echo true || echo false)"
		printf '    disk: /dev/sda\n'
	done
} >"$work/ws/nodes.yaml"
"$talforge" -C "$work/ws" sim serve --state running >"$work/log" 2>&1 &
server=$!
for _ in $(seq 1 1200); do
	grep -q Ctrl-C "$work/log" && break
	kill -0 "$server" 2>/dev/null || break
	read -rt 0.1 <> <(:) || true
done
grep -q Ctrl-C "$work/log" || {
	tail -5 "$work/log" >&2
	exit 1
}
leads=$work/ws/.talforge/sim

# the server's own CPU time in ms
served() {
	awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1000 / hz }' "/proc/$server/stat"
}
# NAME COMMAND...: one line; the wall time stays in $wall, the peak in $peak
once() {
	local name=$1 before after said
	shift
	before=$(served)
	said=$("$work/grpc" measure "$@" 2>/dev/null)
	after=$(served)
	read -r _ wall _ cpu _ peak <<<"$said"
	printf '%-34s wall %6d ms  own CPU %6d ms  server CPU %6d ms  peak %4d MiB\n' "$name" \
		"$wall" "$cpu" "$(awk -v a="$before" -v b="$after" 'BEGIN { print b - a }')" "$peak"
}

echo "status of $count nodes over loopback TLS, $(nproc) cores for client and server"
"$talforge" -C "$work/ws" status --hosts "$leads/hosts" >/dev/null 2>&1 # the nodes' first look
# what did not answer in time was not asked all there is to ask
"$talforge" -C "$work/ws" status --hosts "$leads/hosts" >"$work/table" 2>/dev/null
silent=$(grep -c ' silent ' "$work/table" || true)
echo "silent nodes: $silent of $count, bound 0: $([ "$silent" = 0 ] && echo ok || echo OVER)"
ours=0 theirs=0 highest=0
for _ in 1 2 3; do
	once "talforge status" "$talforge" -C "$work/ws" status --hosts "$leads/hosts"
	ours=$((ours + wall)) highest=$((peak > highest ? peak : highest))
	once "grpc-go, $width at a time" "$work/grpc" status "$leads/talosconfig" "$leads/hosts" "$width"
	theirs=$((theirs + wall))
done
awk -v a="$ours" -v b="$theirs" -v most="$highest" 'BEGIN {
	speed = (b / a >= 3) ? "ok" : "MISSED"
	memory = (most <= 150) ? "ok" : "OVER"
	printf "bench status: %.2f times less wall time, bound 3.0: %s; peak %d MiB, bound 150: %s\n",
		b / a, speed, most, memory }'
