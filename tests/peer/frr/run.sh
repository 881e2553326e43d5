#!/usr/bin/env bash
# A real FRR behind a real sshd, and gobgpd as the cluster's node: run.sh TALFORGE
#
# `bgp push` and `bgp status` from the command line, in network namespaces of their own, from which
# nothing leaves. gobgpd is built once with Go into ${XDG_CACHE_HOME:-~/.cache}/talforge-peer.
# Without root, namespaces, FRR, sshd or Go nothing is tested, and said.
set -euo pipefail

version=3.37.0
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=$(realpath "${1:?run.sh TALFORGE}")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/talforge-peer/gobgp-$version

skip() {
	echo "peer frr: NOT TESTED, $1"
	exit 0
}
[ "$(id -u)" = 0 ] || skip "it needs root"
for needed in /usr/lib/frr/bgpd /usr/bin/vtysh /usr/sbin/sshd; do
	[ -x "$needed" ] || skip "there is no $needed"
done
unshare -n -m true 2>/dev/null || skip "there are no namespaces"

if ! [ -x "$cache/gobgpd" ]; then
	command -v go >/dev/null || skip "Go is not installed"
	echo "peer frr: building gobgpd, which takes a while" >&2
	mkdir -p "$cache"
	(cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$cache/gobgpd.new" \
		github.com/osrg/gobgp/v3/cmd/gobgpd)
	mv "$cache/gobgpd.new" "$cache/gobgpd"
fi
[ "${TALFORGE_PEER_FRR:-}" = inside ] ||
	TALFORGE_PEER_FRR=inside exec unshare -n -m "${BASH_SOURCE[0]}" "$program"

work=$(mktemp -d)
started=()
finish() {
	local pid
	for file in /run/frr/*.pid "$work/sshd.pid"; do
		[ -s "$file" ] && started+=("$(cat "$file")")
	done
	for pid in "${started[@]}"; do
		kill "$pid" 2>/dev/null || true
	done
	rm -rf "$work"
}
trap finish EXIT
checks=0
fail() {
	echo "peer frr: FAILED, $1" >&2
	[ -s "$work/out" ] && cat "$work/out" >&2
	exit 1
}

# run CODE ARGUMENT...: talforge with that exit code; what it says is in $work/out
run() {
	local code=0 wanted=$1
	shift
	"$program" -C "$work/w" "$@" >"$work/out" 2>&1 || code=$?
	checks=$((checks + 1))
	[ "$code" = "$wanted" ] || fail "talforge $*: exit $code instead of $wanted"
}
has() {
	checks=$((checks + 1))
	grep -q -- "$1" "$work/out" || fail "the output lacks: $1"
}
lacks() {
	checks=$((checks + 1))
	! grep -q -- "$1" "$work/out" || fail "the output has: $1"
}
# until_true SECONDS COMMAND...
until_true() {
	local left=$(($1 * 5))
	shift
	until "$@" >/dev/null 2>&1; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || fail "$* did not come true"
		read -r -t 0.2 <> <(:) || true
	done
}

net6=fd47:25e1:2f96:51
mount --make-rprivate /
ip link set lo up
mkdir -p /run/netns /run/frr /run/sshd
mount -t tmpfs none /run/netns
ip netns add node
ip link add name up0 type veth peer name down0 netns node
ip addr add 172.29.51.1/24 dev up0
ip addr add $net6::1/64 dev up0 nodad
ip link set up0 up
ip -n node addr add 172.29.51.11/24 dev down0
ip -n node addr add $net6::11/64 dev down0 nodad
ip -n node link set down0 up
ip -n node link set lo up
mount -t tmpfs none /run/frr
mount -t tmpfs none /etc/frr
echo 'service integrated-vtysh-config' >/etc/frr/vtysh.conf
: >/etc/frr/zebra.conf
: >/etc/frr/bgpd.conf
: >/etc/frr/frr.conf
chown -R frr:frr /run/frr /etc/frr
/usr/lib/frr/zebra -d -A 127.0.0.1 >/dev/null 2>&1
/usr/lib/frr/bgpd -d -A 127.0.0.1 -l 172.29.51.1 -l $net6::1 >/dev/null 2>&1

ssh-keygen -q -t ed25519 -N '' -f "$work/host"
ssh-keygen -q -t ed25519 -N '' -f "$work/user"
cat >"$work/sshd_config" <<E
ListenAddress 172.29.51.1:22
HostKey $work/host
AuthorizedKeysFile $work/user.pub
PidFile $work/sshd.pid
UsePAM no
StrictModes no
PermitRootLogin yes
E
/usr/sbin/sshd -f "$work/sshd_config"

cat >"$work/gobgpd.toml" <<E
[global.config]
  as = 64512
  router-id = "172.29.51.11"
  port = -1
[[neighbors]]
  [neighbors.config]
    neighbor-address = "172.29.51.1"
    peer-as = 64513
    auth-password = "sword-and-fish"
  [neighbors.timers.config]
    connect-retry = 1
[[neighbors]]
  [neighbors.config]
    neighbor-address = "$net6::1"
    peer-as = 64513
    auth-password = "sword-and-fish"
  [neighbors.timers.config]
    connect-retry = 1
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv6-unicast"
E
ip netns exec node "$cache/gobgpd" -f "$work/gobgpd.toml" --api-hosts 127.0.0.1:50051 \
	>"$work/gobgpd.log" 2>&1 &
started+=($!)

export BGP_PASSWORD=sword-and-fish
"$program" init "$work/w" --profile all-control-plane >/dev/null 2>&1
cat >"$work/w/nodes.yaml" <<E
nodes:
  - name: mini01
    address: [172.29.51.11, "$net6::11"]
    controller: true
    disk: /dev/sda
E
sed -i 's/graceful_restart: 120/graceful_restart: 120\n      password: {env: BGP_PASSWORD}/
	s|^    format: unifi|    format: unifi\n    key: '"$work"'/user|' "$work/w/cluster.yaml"

# a host key that nobody knows ends it before anything is said
run 7 bgp status
has SHA256:
echo "172.29.51.1 $(cut -d' ' -f1,2 "$work/host.pub")" >"$work/w/known_hosts"

run 0 bgp status -o json
has '"current":false,"established":0'
run 0 bgp push --yes
lacks sword-and-fish
established() {
	"$program" -C "$work/w" bgp status -o json 2>/dev/null | grep -q '"established":2'
}
until_true 40 established
run 0 bgp status -o json
has '"current":true,"established":2'
has '"node":"mini01","address":"172.29.51.11","family":"ipv4","asn":64512,"router":"Established"'
has '"node":"mini01","address":"'$net6'::11","family":"ipv6","asn":64512,"router":"Established"'
lacks sword-and-fish
run 0 bgp push --yes
has 'nothing to do: the router runs what cluster.yaml says'
grep -q 'neighbor K8S4 password' /etc/frr/frr.conf || fail "the configuration was not saved"

# a key that has changed is refused with its fingerprint, and nothing was changed
ssh-keygen -q -t ed25519 -N '' -f "$work/other"
echo "172.29.51.1 $(cut -d' ' -f1,2 "$work/other.pub")" >"$work/w/known_hosts"
run 7 bgp push --yes
has SHA256:

echo "peer frr: ok, $checks checks against FRR and gobgpd $version"
