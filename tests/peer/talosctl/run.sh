#!/usr/bin/env bash
# The official talosctl against simulated nodes: run.sh PROGRAM
#
# PROGRAM is the built talforge. It serves a running cluster on the nodes' own addresses in a
# network namespace (which needs root). talosctl is built once with Go into
# ${XDG_CACHE_HOME:-~/.cache}/talforge-peer, or taken from TALOSCTL. Without Go, talosctl or root
# nothing is tested, and said.
set -euo pipefail

version=1.13.9
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "${1:?run.sh PROGRAM}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/talforge-peer/talosctl-$version
talosctl=${TALOSCTL:-$cache/talosctl}

skip() {
	echo "peer talosctl: NOT TESTED, $1"
	exit 0
}

if ! [ -x "$talosctl" ]; then
	command -v go >/dev/null || skip "Go is not installed"
	echo "peer talosctl: building talosctl, which takes a while" >&2
	mkdir -p "$cache"
	(cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$cache/talosctl.new" \
		github.com/siderolabs/talos/cmd/talosctl) || skip "talosctl cannot be built here"
	mv "$cache/talosctl.new" "$talosctl"
fi
[ "$(id -u)" = 0 ] && command -v ip >/dev/null || skip "network namespaces need root and ip"

work=$(mktemp -d)
space=talforge-peer-$$
server=
finish() {
	if [ -n "$server" ]; then
		kill -KILL "$server" 2>/dev/null || true # nothing of it is kept
		wait "$server" 2>/dev/null || true
	fi
	ip netns del "$space" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT
ip netns add "$space" 2>/dev/null || skip "network namespaces cannot be made here"
ip -n "$space" link set lo up

checks=0
bad=0
# check WHAT PATTERN COMMAND...: it succeeds and says so
check() {
	local what=$1 pattern=$2 said
	shift 2
	checks=$((checks + 1))
	if ! said=$("$@" 2>&1) || ! grep -Eq -- "$pattern" <<<"$said"; then
		bad=$((bad + 1))
		echo "peer talosctl: FAILED, $what" >&2
		head -5 <<<"$said" >&2
	fi
}
inside() {
	timeout -k 5 40 ip netns exec "$space" "$@"
}
ask() { # NODES COMMAND...
	local nodes=$1
	shift
	inside "$talosctl" --talosconfig "$work/ws/.talforge/sim/talosconfig" \
		--endpoints "${all%%,*}" --nodes "$nodes" "$@"
}

"$program" init "$work/ws" -p all-control-plane >"$work/said" 2>&1
nodes=$(sed -n 's/^ *address: *\([0-9.]*\)$/\1/p' "$work/ws/nodes.yaml")
all=$(paste -sd, <<<"$nodes")
one=$(head -1 <<<"$nodes")
two=$(sed -n 2p <<<"$nodes")
for address in $nodes; do
	ip -n "$space" addr add "$address/32" dev lo
done

serve() { # STATE
	: >"$work/log"
	ip netns exec "$space" "$program" -C "$work/ws" sim serve --listen node --state "$1" \
		>"$work/log" 2>&1 &
	server=$!
	for _ in $(seq 1 100); do
		grep -q Ctrl-C "$work/log" && return
		kill -0 "$server" 2>/dev/null || break
		read -rt 0.1 <> <(:) || true
	done
	cat "$work/log" >&2
	exit 1
}
stop() {
	kill "$server"
	wait "$server" 2>/dev/null || true
	server=
}

serve running
check "version" "Tag: *v$version" ask "$all" version
check "version names the nodes" "NODE: *$two" ask "$all" version
check "services" "etcd +Running +OK" ask "$all" services
check "etcd members" "https://$one:2380" ask "$all" etcd members
check "etcd status" "3\.6" ask "$all" etcd status
check "etcd alarm list" "" ask "$all" etcd alarm list
check "etcd defrag" "" ask "$two" etcd defrag
check "etcd forfeit-leadership" "" ask "$one" etcd forfeit-leadership
check "etcd snapshot" "etcd snapshot saved" ask "$one" etcd snapshot "$work/etcd.db"
check "etcd snapshot tells its revision" "revision 1[0-9]{3}" ask "$one" etcd snapshot "$work/2.db"
check "kubeconfig" "" ask "$one" kubeconfig "$work/kubeconfig"
check "the kubeconfig" "certificate-authority-data" cat "$work/kubeconfig"
check "dmesg" "\[talos\] service" ask "$one" dmesg
check "logs" "Started task etcd" ask "$all" logs etcd
check "memory" "$one" ask "$all" memory
check "containers" "apid" ask "$one" containers
check "service restart" "restarted" ask "$one" service kubelet restart
check "etcd leave" "" ask "$two" etcd leave
check "reboot" "" ask "$one" reboot --wait=false
stop

serve maintenance
"$program" -C "$work/ws" render >"$work/said" 2>&1 || true
config=$(find "$work/ws" -name '*.yaml' -path '*clusterconfig*' | sort | head -1)
if [ -n "$config" ]; then

	check "apply-config, insecure" "" inside "$talosctl" apply-config --insecure \
		--nodes "$one" --file "$config"
fi
stop

if [ "$bad" != 0 ]; then
	echo "peer talosctl: $bad of $checks checks FAILED" >&2
	exit 1
fi
echo "peer talosctl: ok, $checks checks with talosctl $version"
