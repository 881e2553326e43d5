#!/usr/bin/env bash
# The official Talos machinery on grpc-go, both ways: run.sh PROGRAM TALFORGE
#
# PROGRAM is the built peer_grpc, our client, which a grpc-go server with the official messages
# answers; TALFORGE the built talforge, whose simulated nodes the official client drives. The other
# end is built once with Go into ${XDG_CACHE_HOME:-~/.cache}/talforge-peer. Without Go nothing is
# tested, and said.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "${1:?run.sh PROGRAM TALFORGE}")
talforge=$(realpath "${2:?run.sh PROGRAM TALFORGE}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/talforge-peer/grpc

if ! command -v go >/dev/null; then
	echo "peer grpc: NOT TESTED, Go is not installed"
	exit 0
fi
mkdir -p "$cache"
(cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$cache/grpc" .)

work=$(mktemp -d)
pids=()
finish() {
	for pid in "${pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null || true # nothing of them is kept
		wait "$pid" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap finish EXIT

# a job's output FILE shows WORD
shows() {
	for _ in $(seq 1 300); do
		grep -q "$2" "$1" && return
		kill -0 "${pids[-1]}" 2>/dev/null || break
		read -rt 0.1 <> <(:) || true
	done
	cat "$1" >&2
	return 1
}

"$cache/grpc" server "$work" >"$work/ports" 2>"$work/server.log" &
pids+=($!)
shows "$work/ports" ready
read -rd '' port maintenance _ <"$work/ports" || true
if ! timeout 120 "$program" "$work" "$port" "$maintenance"; then
	cat "$work/server.log" >&2
	echo "peer grpc: FAILED, our client against grpc-go"
	exit 1
fi
echo "peer grpc: our client is well against grpc-go"

"$talforge" init "$work/ws" -p all-control-plane >"$work/sim.log" 2>&1
"$talforge" -C "$work/ws" sim serve --state running >"$work/sim.log" 2>&1 &
pids+=($!)
shows "$work/sim.log" Ctrl-C
leads=$work/ws/.talforge/sim
if ! timeout 120 "$cache/grpc" client "$leads/talosconfig" "$leads/hosts"; then
	echo "peer grpc: FAILED, the official client against simulated nodes"
	exit 1
fi
echo "peer grpc: ok, our client against grpc-go and the official client against simulated nodes"
