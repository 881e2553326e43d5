#!/bin/bash
# bgp_ssh.sh PROGRAM SCRATCH: bgp push over a real sshd: host keys, login keys, and a router that fails
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
sshd=/usr/sbin/sshd
if ! [ -x $sshd ] || [ "$(id -u)" != 0 ] || ! command -v ssh-keygen >/dev/null; then
	echo "skipped: needs root, $sshd and ssh-keygen" >&2
	exit 0
fi
mkdir -p /run/sshd

# A router whose vtysh keeps what it is given; $scratch/router/breaks names what it does not do.
router=$scratch/router
mkdir -p "$router/bin"
cat >"$router/bin/vtysh" <<EOF
#!/bin/bash
cd "$router" || exit 1
[ "\$1" != -c ] || [ ! -e breaks ] || ! grep -qxF -e "\$2" breaks || exit 1
case "\$1 \$2" in
"-c show running-config")
	printf 'Building configuration...\n\nCurrent configuration:\n'
	cat running
	;;
"-c show bgp summary json") cat summary ;;
"-c write memory") cp running saved ;;
"-C -f") ! grep -q 'set nonsense' "\$3" ;;
-f*)
	cp "\$2" "given.\$((\$(ls given.* 2>/dev/null | wc -l) + 1))"
	cp "\$2" running
	;;
esac
EOF
chmod 755 "$router/bin/vtysh"
before='router bgp 64513
 neighbor 192.0.2.1 remote-as 65000'
echo "$before" >"$router/running"

peers() {
	local family=$1 state=$2 list='' i
	shift 2
	for i in "$@"; do
		list+=",\"$i\":{\"remoteAs\":64512,\"state\":\"$state\",\"pfxRcd\":4,\"peerUptimeMsec\":7000}"
	done
	printf '"%s":{"peers":{%s}}' "$family" "${list#,}"
}
net6=fd47:25e1:2f96:51
sessions() {
	printf '{%s,%s}\n' "$(peers ipv4Unicast "$1" 172.29.51.11 172.29.51.12 172.29.51.13)" \
		"$(peers ipv6Unicast "$1" $net6::11 $net6::12 $net6::13)" >"$router/summary"
}
sessions Established

for key in ed25519 rsa; do
	ssh-keygen -q -t $key -N '' -f "$scratch/host-$key"
	ssh-keygen -q -t $key -N '' -f "$scratch/user-$key"
done
cat "$scratch"/user-*.pub >"$scratch/authorized"

# listen KEY...: sshd with those host keys on a free port, which is $port
listen() {
	local key try
	for ((try = 0; try < 20; try++)); do
		port=$((20000 + (RANDOM % 20000)))
		{
			echo "ListenAddress 127.0.0.1:$port"
			for key in "$@"; do
				echo "HostKey $scratch/host-$key"
			done
			printf '%s\n' "AuthorizedKeysFile $scratch/authorized" 'PidFile none' 'UsePAM no' \
				'StrictModes no' 'PermitRootLogin yes' "SetEnv PATH=$router/bin:/usr/bin:/bin"
		} >"$scratch/sshd_config"
		$sshd -D -e -f "$scratch/sshd_config" 2>"$scratch/sshd.log" &
		jobs+=($!)
		for ((i = 0; i < 100; i++)); do
			kill -0 "${jobs[-1]}" 2>/dev/null || continue 2
			(: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return 0
			sleep 0.05
		done
	done
	fail "sshd does not listen: $(cat "$scratch/sshd.log")"
}

# way KEY: how cluster.yaml says the router is reached
way() {
	sed -i "/^  router:/,\$ { s|^    ssh: .*|    ssh: 127.0.0.1:$port|; /^    key: /d
		s|^    user: root|    user: root\n    key: $scratch/user-$1|; }" "$w/cluster.yaml"
}

run 0 init "$w" --profile all-control-plane
listen ed25519
way ed25519
serve "$w" --state maintenance
run 0 -C "$w" up --hosts "$hosts" --yes -q

# a host that nobody knows, and one with another key, are told nothing
run 7 -C "$w" bgp push --hosts "$hosts" --yes
err_has 'SHA256:'
err_has 'ssh-keyscan -p'
run 7 -C "$w" bgp status --hosts "$hosts"
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$scratch/user-ed25519.pub")" >"$w/known_hosts"
run 7 -C "$w" bgp push --hosts "$hosts" --yes
err_has 'another host key'
[ ! -e "$router/given.1" ] || fail "a router that is not trusted was given something"
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$scratch/host-ed25519.pub")" >"$w/known_hosts"

# a key that the old library cannot use with today's servers is named before it is tried
if dpkg-query -W -f '${Version}' libssh2-1 2>/dev/null | grep -q '^1\.\(10\|[0-9]\)\.'; then
	way rsa
	run 7 -C "$w" bgp push --hosts "$hosts" --yes
	err_has 'is an RSA key, and libssh2'
	way ed25519
fi

# a router that does not save: the previous configuration is back
run 2 -C "$w" bgp push --hosts "$hosts" --dry-run
out_has 'neighbours and waits for 6 sessions'
echo 'write memory' >"$router/breaks"
run 1 -C "$w" bgp push --hosts "$hosts" --yes
err_has 'the previous configuration is back'
err_has 'save the configuration'
grep -qx 'router bgp 64513' "$router/given.1" || fail "the configuration did not come"
[ ! -e "$router/saved" ] || fail "it was saved"
diff -B "$router/running" <(echo "$before") >&2 || fail "the previous configuration is not back"
rm "$router/breaks"

run 0 -C "$w" bgp push --hosts "$hosts" --yes -o json
one_object 'bgp push'
cmp -s "$router/running" "$router/saved" || fail "it was not saved"
run 0 -C "$w" bgp push --hosts "$hosts" --yes
out_has 'nothing to do: the router runs what cluster.yaml says'
run 0 -C "$w" bgp status --hosts "$hosts" -o json
out_has '"current":true,"established":6'
out_has '"router":"Established","cilium":"established","prefixes":4'

# a router with an RSA host key only
listen rsa
way ed25519
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$scratch/host-rsa.pub")" >"$w/known_hosts"
if dpkg-query -W -f '${Version}' libssh2-1 2>/dev/null | grep -q '^1\.\(10\|[0-9]\)\.'; then
	run 7 -C "$w" bgp status --hosts "$hosts"
	err_has 'an RSA host key is not enough'
fi
exit 0
