#!/usr/bin/env bash
# Snapshots of etcd, read by etcd's own tools and by ours: run.sh PROGRAM
#
# PROGRAM is the built peer_etcd. Simulated snapshots must pass etcdutl with the revision and keys
# we say, and be enough for a real etcd to start from; what a real etcd gives must pass our reader.
# etcd and its tools are built once with Go into ${XDG_CACHE_HOME:-~/.cache}/talforge-peer. Without
# Go nothing is tested, and said.
set -euo pipefail

version=3.6.16
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "${1:?run.sh PROGRAM}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/talforge-peer/etcd-$version

build() { # NAME
	[ -x "$cache/$1" ] && return
	echo "peer etcd: building $1, which takes a while" >&2
	mkdir -p "$cache"
	(cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$cache/$1.new" \
		"go.etcd.io/etcd/$1/v3")
	mv "$cache/$1.new" "$cache/$1"
}

if ! [ -x "$cache/server" ] && ! command -v go >/dev/null; then
	echo "peer etcd: NOT TESTED, Go is not installed"
	exit 0
fi
for name in etcdutl etcdctl server; do
	build "$name"
done

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
checks=0

fail() {
	echo "peer etcd: FAILED, $1" >&2
	exit 1
}

# is WHAT WANTED GOT
is() {
	checks=$((checks + 1))
	[ "$2" = "$3" ] || fail "$1: wanted \"$2\", got \"$3\""
}

ours() { # FILE NAME
	"$program" check "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"
}

theirs() { # FILE NAME
	"$cache/etcdutl" snapshot status "$1" -w json | tr ',{}' '\n' | sed -n "s/^\"$2\"://p"
}

agree() { # FILE
	is "hash of $(basename "$1")" ok "$(ours "$1" hash)"
	is "revision of $(basename "$1")" "$(theirs "$1" revision)" "$(ours "$1" revision)"
	is "keys of $(basename "$1")" "$(theirs "$1" totalKey)" "$(ours "$1" keys)"
}

ports=$((20000 + $$ % 20000))
client=http://127.0.0.1:$ports
peer=http://127.0.0.1:$((ports + 1))
start() { # FOLDER
	"$cache/server" --name m1 --data-dir "$1" --listen-client-urls "$client" \
		--advertise-client-urls "$client" --listen-peer-urls "$peer" \
		--initial-advertise-peer-urls "$peer" --initial-cluster "m1=$peer" \
		>"$work/log" 2>&1 &
	server=$!
	timeout 30 "$cache/etcdctl" --endpoints "$client" --dial-timeout 20s --command-timeout 25s \
		endpoint health >/dev/null 2>&1 || fail "etcd did not start: $(tail -1 "$work/log")"
}
stop() {
	kill "$server"
	wait "$server" 2>/dev/null || true
	server=
}
ctl() {
	"$cache/etcdctl" --endpoints "$client" "$@"
}

for revision in 3 150 2500 100000; do
	"$program" write "$work/sim-$revision.db" "$revision"
	is "revision" "$revision" "$(ours "$work/sim-$revision.db" revision)"
	agree "$work/sim-$revision.db"
done
is "members" "cp-1,cp-2,cp-3" "$(ours "$work/sim-150.db" members | tr ',' '\n' | sort | paste -sd,)"

"$cache/etcdutl" snapshot restore "$work/sim-2500.db" --name m1 --initial-cluster "m1=$peer" \
	--initial-advertise-peer-urls "$peer" --data-dir "$work/restored" >"$work/log" 2>&1 ||
	fail "etcdutl does not restore a simulated snapshot: $(tail -1 "$work/log")"
start "$work/restored"
is "a restored key" /registry/minions/cp-2 \
	"$(ctl get --keys-only /registry/minions/cp-2 | head -1)"
stop

start "$work/real"
for i in $(seq 1 40); do
	ctl put "key-$i" "$(printf '%0500d' "$i")" >/dev/null
done
ctl put large "$(printf '%0100000d' 1)" >/dev/null
ctl del key-7 >/dev/null
ctl snapshot save "$work/real.db" >/dev/null 2>&1
stop
agree "$work/real.db"
is "member" m1 "$(ours "$work/real.db" members)"

cp "$work/real.db" "$work/damaged.db"
printf 'x' | dd of="$work/damaged.db" bs=1 seek=9000 conv=notrunc 2>/dev/null
if "$program" check "$work/damaged.db" >"$work/said" 2>&1; then
	is "hash of a damaged one" wrong "$(sed -n 's/.*hash=\([a-z]*\).*/\1/p' "$work/said")"
fi
head -c -32 "$work/real.db" >"$work/cut.db"
is "hash of a data file" none "$(ours "$work/cut.db" hash)"

echo "peer etcd: ok, $checks checks against etcd $version"
