#!/bin/bash
# no_libcurl.sh PROGRAM SCRATCH: where libcurl cannot be loaded, all works that asks nobody over HTTP,
# and what does ask says why it cannot
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
w=$scratch/w
missing='libcurl.so.4 cannot be loaded'
mkdir "$scratch/lib"
: >"$scratch/lib/libcurl.so.4"

workspace "$w"
serve "$w" --state maintenance
run 0 -C "$w" up --hosts "$hosts" --yes
run 0 -C "$w" status --hosts "$hosts"

export LD_LIBRARY_PATH=$scratch/lib
run 0 init "$scratch/new" -p vip-and-workers
run 0 -C "$scratch/new" check
run 0 -C "$scratch/new" render
run 0 gen config lab https://192.0.2.1:6443 -o "$scratch/gen"
run 0 -C "$scratch/new" up --sim --yes
run 0 -C "$scratch/new" status --sim
grep -qF "$missing" "$everything" && fail "libcurl was looked for"

run 1 -C "$w" health --hosts "$hosts" --timeout 2s
grep -Eq "^nodes-ready  *-  *failed  *list Node: make a request: $missing: " "$out" || {
	cat "$out"
	fail "nothing is said of libcurl"
}
for gate in ready etcd etcd-members vip; do
	grep -Eq "^$gate .* ok " "$out" || fail "$gate fails without libcurl"
done
