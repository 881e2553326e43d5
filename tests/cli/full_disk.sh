#!/bin/bash
# full_disk.sh PROGRAM SCRATCH: no room left for the journal, or for anything, in the middle of a run: exit 1
# with the file at fault, and the same command goes on when there is room again
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"

# A small file system of our own where we may mount one; else the limit of a file's size stands for it.
if [ "${3:-}" != inside ] && unshare -Urm true 2>/dev/null; then
	exec unshare -Urm bash "$0" "$program" "$scratch" inside
fi
[ "${3:-}" = inside ] && mount -t tmpfs -o size=8k,mode=700 none "$scratch" 2>/dev/null && umount "$scratch" && mounts=yes
[ "${mounts:-}" ] || echo "no mounts here: only limits of a file's size are tried" >&2

# in_room KBYTES CODE ARGUMENT...: run with no file larger than that
in_room() {
	local room=$1 code=0
	shift
	(
		ulimit -f "$room"
		exec "$program" "${@:2}"
	) >"$out" 2>"$err" </dev/null || code=$?
	cat "$out" "$err" >>"$everything"
	[ "$code" = "$1" ] && return 0
	cat "$err" >&2
	fail "exit $code instead of $1 with room for $room k: talforge ${*:2}"
}

# journaled: what the newest journal says is whole lines but the last
journaled() {
	local file
	file=$(find "$w/.talforge/runs" -name '*.jsonl' | sort | tail -n 1)
	head -n -1 "$file" | grep -vq '^{.*}$' && fail "a record in the middle is torn: $(cat "$file")"
	mode_is 600 "$file"
}

# a journal that ends in the middle of a run, for each command
w=$scratch/w
workspace "$w"
serve "$w"
if [ "${mounts:-}" ]; then
	mkdir -p "$w/.talforge/runs"
	mount -t tmpfs -o size=8k,mode=700 none "$w/.talforge/runs"
	run 1 -C "$w" up --hosts "$hosts" --yes -o json
	one_object up
	out_has '"outcome":"failed"'
	err_has 'No space left on device'
	err_has 'error: keep the journal'
	err_has 'the same command goes on with run'
	journaled
	run 1 -C "$w" up --hosts "$hosts" --yes
	err_has 'No space left on device'
	mount -o remount,size=1m "$w/.talforge/runs"
	run 0 -C "$w" up --hosts "$hosts" --yes -o json
	err_has 'going on with run'
	out_has '"outcome":"done"'
	umount "$w/.talforge/runs"
else
	in_room 8 1 -C "$w" up --hosts "$hosts" --yes -o json
	err_has 'File too large'
	run 0 -C "$w" up --hosts "$hosts" --yes
fi

# one file after the other is too large: configs, then the journal
stop_jobs
jobs=()
rm -rf "$w"
workspace "$w"
serve "$w"
for room in 1 2 3 4 5 6; do
	in_room $room 1 -C "$w" up --hosts "$hosts" --yes
	err_has 'File too large'
	find "$w" -name '.talforge-*' | grep -q . && fail "a half-written file is left"
done
run 0 -C "$w" up --hosts "$hosts" --yes -o json
out_has '"outcome":"done"'
run 0 -C "$w" up --hosts "$hosts" --yes
out_has 'nothing to do'

# a snapshot that has no room: no member leaves, nobody is wiped
in_room 8 1 -C "$w" reset control2 --hosts "$hosts" --yes
err_has 'save etcd to a file'
err_has 'File too large'
run 0 -C "$w" etcd members --hosts "$hosts"
out_has control2
find "$w/.talforge/snapshots" -type f 2>/dev/null | grep -q . && fail "half a snapshot is left"
run 0 -C "$w" reset control2 --hosts "$hosts" --yes -q
exit 0
