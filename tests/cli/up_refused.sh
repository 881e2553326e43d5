#!/bin/bash
# up_refused.sh PROGRAM SCRATCH: what up does not do, and the exit codes that say so
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"
serve "$w" --state maintenance

# nobody to ask
run 4 -C "$w" up --hosts "$hosts" -o json
one_object up
out_has '"run":null,"operation":"up","outcome":"refused","text":"up lab: refused after '
out_has '"steps":{"done":0,"skipped":0,"failed":0}'
err_has 'apply-config'
err_has 'there is nobody to ask'
run 2 -C "$w" up --hosts "$hosts" --dry-run
out_has 'apply-config'
run 2 -C "$w" up --hosts "$hosts" --dry-run -o json
one_object up
out_has '"digest":"sha256:'
[ ! -e "$w/.talforge/runs" ] || fail "a journal of a run that was not"

# a node that is locked
sed -i 's/^  - name: worker1/&\n    locked: waits for a new disk/' "$w/nodes.yaml"
run 4 -C "$w" up --hosts "$hosts" --yes -o json
one_object up
out_has '"outcome":"refused"'
err_has 'waits for a new disk'
sed -i '/locked:/d' "$w/nodes.yaml"

# two at once
exec 9>"$w/.talforge/lock"
flock 9
run 4 -C "$w" up --hosts "$hosts" --yes -o json
one_object up
err_has 'another talforge is at work here'
exec 9>&-

# a disk that is not there
sed -i 's/FAST/SLOW/' "$w/nodes.yaml"
code=0
"$program" -C "$w" up --hosts "$hosts" --yes -o json >"$out" 2>"$err" </dev/null || code=$?
[ $code = 1 ] || fail "exit $code for a disk that is not there: $(cat "$err")"
one_object up
err_has control2
sed -i 's/SLOW/FAST/' "$w/nodes.yaml"

# a node that does not answer, and no time to wait for it
sed '/192.0.2.21/s/127.0.0.1:[0-9]*/127.0.0.1:1/' "$hosts" >"$scratch/hosts"
run 6 -C "$w" up --hosts "$scratch/hosts" --yes --timeout 4s -o json
one_object up
err_has 'error: '

# that run goes on when the node is there again
run 0 -C "$w" resume --hosts "$hosts" --yes -o json
one_object resume
out_has '"outcome":"done"'
finished=$(sed 's/.*"run":"\([^"]*\)".*/\1/' "$out")
run 0 -C "$w" resume "$finished" --hosts "$hosts" --yes -o json
one_object resume
out_has "\"run\":\"$finished\",\"operation\":\"resume\",\"outcome\":\"done\""
out_has "\"text\":\"nothing to do: run $finished is finished already\""
for absent in nope 20200101T000000-abcd "../runs/$finished"; do
	run 3 -C "$w" resume "$absent" --hosts "$hosts" --yes
	err_has "there is no run $absent"
done

# with changed files it is another run
stop_jobs
jobs=()
rm -rf "$w"
workspace "$w"
serve "$w"
sed '/192.0.2.21/s/127.0.0.1:[0-9]*/127.0.0.1:1/' "$hosts" >"$scratch/hosts"
run 6 -C "$w" up --hosts "$scratch/hosts" --yes --timeout 4s
sed -i 's/262144/262145/' "$w/cluster.yaml"
run 1 -C "$w" resume --hosts "$hosts" --yes
err_has 'cannot go on: the files changed since'
run 0 -C "$w" up --hosts "$hosts" --yes
err_has 'is not finished, but the files changed since; planning anew'
run 0 -C "$w" runs
out_has abandoned

# Ctrl-C while the nodes are looked at
stop_jobs
jobs=()
rm -rf "$w"
workspace "$w"
serve "$w"
sed '/192.0.2.21/s/127.0.0.1:[0-9]*/127.0.0.1:1/' "$hosts" >"$scratch/hosts"
"$program" -C "$w" up --hosts "$scratch/hosts" --yes -o json >"$out" 2>"$err" </dev/null &
pid=$!
jobs+=("$pid")
for ((i = 0; i < 300; i++)); do
	grep -q 'node=worker1' "$err" && break
	sleep 0.1
done
kill -INT $pid
code=0
wait $pid || code=$?
[ $code = 130 ] || fail "exit $code after Ctrl-C while looking: $(cat "$err")"
one_object up
out_has '"run":null,"operation":"up","outcome":"failed"'
err_has 'interrupted'
[ ! -e "$w/.talforge/runs" ] || fail "a journal of a run that was not"

# Ctrl-C: what has begun is finished, the rest waits
stop_jobs
jobs=()
rm -rf "$w"
workspace "$w"
serve "$w"
sed '/192.0.2.21/s/127.0.0.1:[0-9]*/127.0.0.1:1/' "$hosts" >"$scratch/hosts"
"$program" -C "$w" up --hosts "$scratch/hosts" --yes -o json >"$out" 2>"$err" </dev/null &
pid=$!
jobs+=("$pid")
for ((i = 0; i < 300; i++)); do
	grep -q 'bootstrap etcd' "$err" && break
	sleep 0.1
done
kill -INT $pid
sleep 0.5
kill -INT $pid
code=0
wait $pid || code=$?
[ $code = 130 ] || fail "exit $code after Ctrl-C: $(cat "$err")"
one_object up
run 0 -C "$w" up --hosts "$hosts" --yes
err_has 'going on with run'
