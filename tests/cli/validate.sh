#!/bin/bash
# validate.sh PROGRAM SCRATCH: machine configs judged as Talos does, every fault with its place
# shellcheck source=checks.bash
. "$(dirname "$0")/checks.bash"
cases=$data/golden/validate
cd "$scratch" || exit 1

# verdicts by exit code and as JSON
for case in "$cases"/{loader,ok,machine,metal,container,unknown,logging,kubelet}-*/; do
	as=v$(sed -n 's/.*"tool": *"\(1\.1[0-9]\)".*/\1/p' "$case/args.json")
	strict=()
	if grep -q '"strict": true' "$case/args.json"; then
		strict=(--strict)
	fi
	code=3
	verdict=false
	if grep -q '"ok": true' "$case/expected.json"; then
		code=0
		verdict=true
	fi
	run $code validate -c "$case/config.yaml" -m "$(cat "$case/mode")" --as "$as" -o json \
		${strict[@]+"${strict[@]}"}
	one_object validate
	out_has "\"ok\":$verdict"
	[ ! -s "$err" ] || fail "$case is not silent"
done

# one fault a line, with its place; warnings do not count unless they are to
run 3 validate -c "$cases/logging-err/config.yaml" -m metal
out_has 'config.yaml:5:39: error: '
out_has '[logging-scheme]'
[ "$(grep -c ': error: ' "$out")" = 4 ] || fail "not four faults"
run 0 validate --config "$cases/machine-type-join-and-extensions-warn/config.yaml" --mode metal
out_has ': warning: '
out_has 'is valid for metal'
run 3 validate -c "$cases/machine-type-join-and-extensions-warn/config.yaml" -m metal --strict
out_lacks ': warning: '
out_lacks 'is valid'

# every unknown key is named, and nothing else is looked at
cat >keys.yaml <<'EOF'
machine: {type: worker, instal: {disk: /dev/sda}, netwrk: {}}
---
apiVersion: v1alpha1
kind: LinkConfig
name: eth0
addressen: []
EOF
run 3 validate -c keys.yaml -m metal -o json
one_object validate
[ "$(grep -o '"id":"unknown-key"' "$out" | wc -l)" = 3 ] || fail "not three unknown keys"
out_lacks 'cluster-missing'
out_has '"file":"keys.yaml","line":6,"column":1,"path":"LinkConfig[eth0].addressen"'
out_has 'did you mean addresses?'

# what is no config, and what cannot be asked
printf '' >empty.yaml
run 3 validate -c empty.yaml -m metal -o json
out_has '"ok":false'
out_has '"id":"empty-file"'
printf 'machine: [\n' >broken.yaml
run 3 validate -c broken.yaml -m metal -o json
out_has '"id":"bad-yaml"'
run 3 validate -c empty.yaml -m bare -o json
one_object validate
out_has '"ok":false'
out_has 'there is no mode \"bare\"'
run 3 validate -c empty.yaml -m mtal
out_has 'did you mean metal?'
run 1 validate -c absent.yaml -m metal -o json
one_object validate
out_has '"ok":false'
out_has '"file":"absent.yaml"'
run 3 validate -o json
one_object validate
out_has '"path":"--config"'
out_has '"path":"--mode"'

# the modes differ, and the releases
cat >plain.yaml <<'EOF'
machine: {type: worker, ca: {crt: bm90LWEtY2VydA==}}
cluster: {controlPlane: {endpoint: "https://192.0.2.1:6443"}}
EOF
run 3 validate -c plain.yaml -m metal
out_has '[install-missing]'
run 0 validate -c plain.yaml -m metal --as v1.14
run 0 validate -c plain.yaml -m cloud
run 0 validate -c plain.yaml -m metal-agent
run 3 validate -c plain.yaml -m container
out_has '[host-dns-in-container]'

run 3 validate -c "$cases/logging-err/config.yaml" -m metal -o sarif
out_has '"ruleId":"logging-format"'
out_has '"startLine":5'
