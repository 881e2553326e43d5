#!/bin/bash
# terminal.sh PROGRAM SCRATCH: colour and the live view on a terminal, and only there
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
workspace "$w"
escape=$(printf '\033')

run 0 -C "$w" up --sim --yes
grep -qF "$escape" "$out" "$err" && fail "an escape sequence in a file"
run 0 -C "$w" up --sim --yes --quiet
[ "$(grep -cvE '^(.*: )?warning: |^  hint: ' "$err")" = 0 ] || fail "--quiet says: $(cat "$err")"

if ! command -v script >/dev/null; then
	echo "there is no script(1) here: the rest is not looked at"
	exit 0
fi

# on_terminal COLUMNS VARIABLE...: up from bare nodes; what the terminal got is in $screen
screen=$scratch/screen
on_terminal() {
	local columns=$1
	shift
	rm -rf "$w/.talforge" "$w/clusterconfig" "$w/kubeconfig"
	env TERM=xterm "$@" script -qec "stty cols $columns rows 24; '$program' -C '$w' up --sim --yes" \
		/dev/null >"$screen" 2>&1 </dev/null || fail "up on a terminal: $(cat "$screen")"
}

on_terminal 100
grep -qF "${escape}[?25l" "$screen" || fail "the cursor is not hidden"
[ "$(grep -oF "${escape}[?25h" "$screen" | wc -l)" = 1 ] || fail "the cursor is not shown again"
grep -qF "${escape}[32m" "$screen" || fail "no colour"
grep -q 'up lab  28 of 28 steps' "$screen" || fail "no last picture: $(cat "$screen")"
grep -qE ' INFO ' "$screen" && fail "lines of progress besides the picture"
on_terminal 100 NO_COLOR=1
grep -qE "$escape\\[[0-9]*m" "$screen" && fail "colour with NO_COLOR"
grep -q '28 of 28 steps' "$screen" || fail "no picture with NO_COLOR"
on_terminal 100 CI=true
grep -qF "${escape}[?25l" "$screen" && fail "a live view in CI"
grep -q ' INFO bootstrap etcd node=control1' "$screen" || fail "no lines of progress in CI"
on_terminal 100 TERM=dumb
grep -qF "$escape" "$screen" && fail "an escape sequence on a dumb terminal"
on_terminal 40
LC_ALL=C awk -v max=40 '/steps/ || / control[0-9]/ {
	sub(/\r$/, ""); gsub(/\033\[[?0-9]*[A-Za-z]/, ""); gsub(/\r/, "")
	gsub(/[\200-\277]/, "") # characters, not bytes
	if (length($0) > max && $0 !~ /healthy/ && $0 !~ /INFO/ && $0 !~ /warning/) { print; bad = 1 }
} END { exit bad }' "$screen" || fail "a line is wider than the terminal"

# a question before anything is changed
rm -rf "$w"
workspace "$w"
serve "$w"
for answer in n '' maybe; do
	code=0
	printf '%s\n' "$answer" | env TERM=xterm script -qec "'$program' -C '$w' up --hosts '$hosts'" \
		/dev/null >"$screen" 2>&1 || code=$?
	[ $code = 4 ] || fail "exit $code after the answer \"$answer\": $(cat "$screen")"
	grep -q 'Run this plan on cluster lab? \[y/N\]' "$screen" || fail "no question: $(cat "$screen")"
	grep -q 'nothing was changed' "$screen" || fail "it does not say that nothing was changed"
done
# the end of what is typed is no yes, Ctrl-C neither
code=0
env TERM=xterm script -qec "'$program' -C '$w' up --hosts '$hosts'" /dev/null >"$screen" 2>&1 \
	</dev/null || code=$?
[ $code = 4 ] || fail "exit $code at the end of the input: $(cat "$screen")"
grep -q '^error: not confirmed' "$screen" || fail "no line of its own: $(cat "$screen")"
code=0
: >"$screen"
# shellcheck disable=SC2094
{
	for ((i = 0; i < 300; i++)); do
		grep -q 'y/N' "$screen" && break
		sleep 0.1
	done
	printf '\003'
	sleep 1
} | env TERM=xterm script -qefc "'$program' -C '$w' up --hosts '$hosts'" /dev/null \
	>"$screen" 2>&1 || code=$?
[ $code = 130 ] || fail "exit $code after Ctrl-C: $(cat "$screen")"
grep -q '^error: interrupted' "$screen" || fail "nothing about Ctrl-C: $(cat "$screen")"
printf 'y\n' | env TERM=xterm script -qec "'$program' -C '$w' up --hosts '$hosts'" /dev/null \
	>"$screen" 2>&1 || fail "up after a yes: $(cat "$screen")"
grep -q '4 nodes are healthy' "$screen" || fail "up after a yes: $(cat "$screen")"
