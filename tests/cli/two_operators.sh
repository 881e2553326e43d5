#!/bin/bash
# two_operators.sh PROGRAM SCRATCH: a second operator in another workspace is told who is at work
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
a=$scratch/a
b=$scratch/b
workspace "$a"
serve "$a" --state running
mkdir -p "$a/patches/worker"
printf 'machine:\n  sysctls:\n    vm.swappiness: "10"\n' >"$a/patches/worker/sysctl.yaml"
cp -r "$a" "$b"
mkfifo "$scratch/gate"
printf 'hooks: {before: {apply: "test -e %s || cat %s"}}\n' "$scratch/open" "$scratch/gate" \
	>>"$a/cluster.yaml"

# begin FILE: alice applies, and waits in her hook for as long as we like
begin() {
	local i
	USER=alice "$program" -C "$a" apply --hosts "$hosts" --yes >"$1" 2>&1 </dev/null &
	alice=$!
	jobs+=("$alice")
	for ((i = 0; i < 600; i++)); do
		grep -qF 'hook' "$1" 2>/dev/null && return 0
		kill -0 "$alice" 2>/dev/null || fail "the first operator ended: $(cat "$1")"
		sleep 0.05
	done
	fail "the first operator does not get to her hook: $(cat "$1")"
}

begin "$scratch/first"
USER=bob run 4 -C "$b" apply --hosts "$hosts" --yes
err_has 'lock the cluster: alice@'
err_has 'is at work since'
run 2 -C "$b" apply --hosts "$hosts" --dry-run
run 4 -C "$a" apply --hosts "$hosts" --yes
err_has 'another talforge is at work here'

echo >"$scratch/gate"
wait "$alice" || fail "the first operator failed: $(cat "$scratch/first")"
USER=bob run 0 -C "$b" apply --hosts "$hosts" --yes
out_has 'nothing to do'

# one that was killed is followed by the same workspace at once, by others not
for dir in "$a" "$b"; do
	printf '    vm.overcommit_memory: "1"\n' >>"$dir/patches/worker/sysctl.yaml"
done
begin "$scratch/second"
kill -KILL "$alice"
wait "$alice" 2>/dev/null
for ((i = 0; i < 100; i++)); do
	pgrep -f "cat $scratch/gate" >/dev/null || break
	sleep 0.05
done
pgrep -f "cat $scratch/gate" >/dev/null && fail "her hook outlived her"
USER=bob run 4 -C "$b" apply --hosts "$hosts" --yes
err_has 'alice@'
touch "$scratch/open"
USER=alice run 0 -C "$a" apply --hosts "$hosts" --yes
USER=bob run 0 -C "$b" apply --hosts "$hosts" --yes
