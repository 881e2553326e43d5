#!/bin/bash
# interrupt.sh PROGRAM SCRATCH: Ctrl-C once and twice, at every kind of work: exit 130, the state is saved, the
# same command goes on
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"

# begin ARGUMENT...: in the background, as from a terminal; jobs of a script are started to ignore Ctrl-C
begin() {
	: >"$err"
	env --default-signal=INT "$program" -C "$w" "$@" >"$out" 2>"$err" </dev/null &
	pid=$!
	jobs+=("$pid")
}

await() {
	local i
	for ((i = 0; i < 1200; i++)); do
		grep -qF -e "$1" "$err" && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	cat "$err" >&2
	fail "it never says: $1"
}

# ends SECONDS: with 130, and soon
ends() {
	local code=0 since
	since=$(date +%s%N)
	wait "$pid" || code=$?
	cat "$out" "$err" >>"$everything"
	[ $code = 130 ] || fail "exit $code instead of 130: $(cat "$err")"
	[ $((($(date +%s%N) - since) / 1000000)) -lt "$1"000 ] || fail "it took more than $1 s to end"
}

unfinished() {
	run 0 -C "$w" runs -o json
	grep -q '"state":"cancelled"' "$out" || fail "no run that can go on: $(cat "$out")"
}

serve "$w" --pace calm
sed 's/127.0.0.1:[0-9]*/127.0.0.1:1/' "$hosts" >"$scratch/nobody"

# twice: at once
begin up --hosts "$hosts" --yes -o json
await 'wait until it has installed and booted node='
kill -INT "$pid"
await 'stopping: what has begun is finished first; Ctrl-C again cancels it'
kill -INT "$pid"
ends 3
err_has cancelling
err_has ': cancelled node='
one_object up
unfinished

# once: what has begun is finished, nothing more begins
begin up --hosts "$hosts" --yes -o json
await 'going on with run'
await ' INFO wait until '
kill -INT "$pid"
await stopping:
ends 60
one_object up
grep -q ' ERROR ' "$err" && fail "a step was cancelled by the first Ctrl-C: $(cat "$err")"
err_has 'error: stopped before all steps were done'
err_has 'the same command goes on with run'
unfinished
run 0 -C "$w" up --hosts "$hosts" --yes -o json
err_has 'going on with run'
out_has '"outcome":"done"'

# SIGTERM is the same; in the middle of a drain the node is put back into service
begin upgrade talos -n worker1 --to v1.13.10 --hosts "$hosts" --yes
await 'cordoning'
kill -TERM "$pid"
kill -TERM "$pid"
ends 20
if grep -q 'cordon and drain the node: cancelled' "$err"; then
	err_has 'uncordon the node: done'
fi
unfinished
begin upgrade talos -n worker1 --to v1.13.10 --hosts "$hosts" --yes
await 'going on with run'
await 'reboot into the new system node='
kill -INT "$pid"
await stopping:
kill -INT "$pid"
await cancelling
kill -INT "$pid" # its uncordon would wait for the node
ends 3
run 0 -C "$w" upgrade talos -n worker1 --to v1.13.10 --hosts "$hosts" --yes -o json
out_has '"outcome":"done"'
run 0 -C "$w" health --hosts "$hosts"

# what only looks ends at the first
for command in status health diff 'etcd members'; do
	# shellcheck disable=SC2086
	begin $command --hosts "$scratch/nobody"
	sleep 0.7
	kill -INT "$pid"
	ends 3
	err_has interrupted
done
begin etcd snapshot "$scratch/half.db" --hosts "$scratch/nobody"
sleep 0.7
kill -INT "$pid"
ends 3
[ ! -e "$scratch/half.db" ] || fail "half a snapshot"

# a hook is waited for once, and ended by the second
printf 'hooks: {before: {apply: "echo $$ >%s; sleep 1000; :"}}\n' "$scratch/hook" >>"$w/cluster.yaml"
mkdir -p "$w/patches/worker"
printf 'machine:\n  sysctls:\n    vm.swappiness: "10"\n' >"$w/patches/worker/sysctl.yaml"
begin apply --hosts "$hosts" --yes
for ((i = 0; i < 200; i++)); do
	[ -s "$scratch/hook" ] && break
	sleep 0.05
done
kill -INT "$pid"
await stopping:
sleep 0.3
kill -0 "$pid" || fail "it did not wait for its hook"
kill -INT "$pid"
ends 5
for ((i = 0; i < 100; i++)); do
	grep -q . "/proc/$(cat "$scratch/hook")/cmdline" 2>/dev/null || break
	sleep 0.05
done
[ "$i" -lt 100 ] || fail "the hook runs on"
sed -i '/^hooks:/d' "$w/cluster.yaml"
run 0 -C "$w" apply --hosts "$hosts" --yes

# a rehearsal leaves nothing behind, also when it is killed
x=$scratch/x
workspace "$x"
rm -r "$x/patches"
{
	echo nodes:
	printf '  - {name: c%d, address: 192.0.2.%d, controller: true, disk: /dev/sda}\n' 1 11 2 12 3 13
	for ((i = 100; i < 200; i++)); do
		echo "  - {name: w$i, address: 192.0.2.$i, controller: false, disk: /dev/sda}"
	done
} >"$x/nodes.yaml"
w=$x
for signals in INT 'INT INT' TERM KILL INT; do
	begin rehearse up
	await ' node='
	for signal in $signals; do
		kill "-$signal" "$pid"
	done
	if [ "$signals" = KILL ]; then
		wait "$pid" 2>/dev/null
		compgen -G "$w/.talforge/rehearsal.*" >/dev/null || fail "nothing is left to be swept"
		continue
	fi
	ends 10
	compgen -G "$w/.talforge/rehearsal.*" >/dev/null && fail "a rehearsal left its folder"
done
exit 0
