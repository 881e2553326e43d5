package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

type maker struct {
	*rand.Rand
	wild    float64 // how often a value is a bad one
	minor   int
	control bool     // what is made is for control planes
	vars    []string // set in talenv.yaml
	files   *tree
	made    string // documents of patches
}

func (m *maker) chance(p float64) bool { return m.Float64() < p }

func (m *maker) pick(from ...string) string { return from[m.IntN(len(from))] }

// One of the good, now and then one of the bad.
func (m *maker) leaf(good, bad string) any {
	if bad != "" && m.chance(m.wild) {
		good = bad
	}
	text := m.pick(strings.Split(good, "|")...)
	if strings.HasPrefix(text, "=") {
		return raw(text[1:])
	}
	return text
}

// Sets a key now and then.
func (m *maker) maybe(t *tree, p float64, key string, value func() any) {
	if m.chance(p) {
		t.set(key, value())
	} else if m.chance(m.wild / 20) {
		t.set(key, m.leaf("=null|=|=[]|={}|=1|=text|=true|=[1]|={a: b}", ""))
	}
}

func (m *maker) some(max int, value func(i int) any) *list {
	l := &list{}
	for i := range 1 + m.IntN(max) {
		l.items = append(l.items, value(i))
	}
	return l
}

func (m *maker) flag() any {
	return m.leaf("=true|=false|=true|=yes|=off", `="true"|=1|=maybe|=[]`)
}

func (m *maker) address() string {
	return m.pick(fmt.Sprintf("192.0.2.%d", 1+m.IntN(250)), fmt.Sprintf("10.%d.0.%d", m.IntN(9), m.IntN(200)), fmt.Sprintf("fd00::%x", 1+m.IntN(999)))
}

func (m *maker) ip() any {
	if m.chance(m.wild) {
		return m.leaf("192.0.2.256|nope|fe80::1%eth0|192.0.2.1/24|::ffff:1.2.3.4|01.2.3.4|=12|", "")
	}
	return m.address()
}

func (m *maker) prefix() any {
	if m.chance(m.wild) {
		return m.leaf("192.0.2.1/33|nope|fd00::/129|10.0.0.1|10.0.0.0/08|/24|fd00::1|10.1.2.3", "")
	}
	a := m.address()
	if strings.Contains(a, ":") {
		return a + m.pick("/64", "/128", "/48")
	}
	return a + m.pick("/24", "/32", "/16", "/8", "/20")
}

func (m *maker) linkAddress() any {
	if m.chance(0.15) {
		return m.address()
	}
	return m.prefix()
}

// Text in which variables stand.
func (m *maker) words() string {
	s := m.pick("a", "some text", "x-1", "1.10", "010", "true", "0x1F", "1e3", "~", "2001-02-03", "y", "No", "# hash", "a: b", " lead", "trail ", "é", "a/b:c", "1_000", "12:30:45", ".5", "=", "<<", "null", "[a]", "{a}", "it's", `say "hi"`, "%a", "@at", "`x`", "&a", "*a", "!a", "-", "- a", "0o17", "1.0", "+1", "-0", ".inf", "0b11", "123456789012345678901234567890")
	if m.chance(0.2) {
		s += m.variable()
	}
	return s
}

func (m *maker) variable() string {
	if m.chance(m.wild) {
		return m.pick("${UNSET}", "$UNSET", "${EMPTY}", "${EMPTY-x}", "${a b}", "${UNSET:?no}", "$1")
	}
	v := m.pick(append([]string{"FROM_PROCESS", "BOTH"}, m.vars...)...)
	return m.pick("${"+v+"}", "$"+v, "${"+v+":-other}", "${"+v+"-other}", "${UNSET:-dflt}", "${UNSET-dflt}", "${UNSET:=d}", "${EMPTY:-e}", "${"+v+":+alt}", "${"+v+"+alt}", "$$", "$${"+v+"}", "${UNSET:-$"+v+"}", "${"+v+"=x}", "$$x", "${UNSET:+z}w")
}

// A value that a plain scalar of any type may be, for a string.
func (m *maker) text() any {
	if m.chance(0.12) {
		return m.leaf("=1.10|=010|=true|=0x1F|=1e3|=~|=2001-02-03|=y|=No|=12:30:45|=1_000|=.5|=1.0|=0o17|=+1|=.inf|=null|=|=0b11|=2001-02-03T04:05:06Z|=-0|=1e400|=0.1|=123456789012345678901234567890|=1.50|=100000000000000000000.0|=08|=0x|=yes|=!!str 1|=1e21|=1234567.0|=0.00001|=.nan|=-.5|=2001-2-3|=1.|=-1_0", "")
	}
	return m.words()
}

func (m *maker) label() any {
	return m.leaf("a|v1|=1|=true|=1.10|=0x1F|=yes|a.b-c_d||=010|=1e3", "=2001-02-03|no space|-a|a-|äö|=[a]|={a: b}|"+strings.Repeat("x", 64))
}

func (m *maker) labelKey() string {
	if m.chance(m.wild) {
		return m.pick("a b", "/a", "a/", "A.b/c d", "-a", "a/b/c", "ex_ample/a", "")
	}
	return m.pick("a", "b", "example.net/x", "example.net/y", "node.kubernetes.io/exclude-from-external-load-balancers", "C_d", "zone")
}

func (m *maker) template() string {
	if m.chance(m.wild) {
		return m.pick("{{ .Nope }}", "{{ nope 1 }}", "{{ .MachineConfig.Nope }}", "{{ if }}", "{{", "{{ end }}", "{{ index .MachineConfig.MachineCertSANs 99 }}", "}}", "{{ fail \"x\" }}")
	}
	return m.pick("{{ .ClusterConfig.ClusterName }}", "{{ .MachineConfig.MachineType }}",
		"{{ .MachineConfig.MachineInstall.InstallDisk | trimPrefix \"/dev/\" }}",
		`{{ if eq .MachineConfig.MachineType "worker" }}w{{ else }}c{{ end }}`,
		"{{ .ClusterConfig.ClusterNetwork.DNSDomain | upper }}",
		"x{{ range .ClusterConfig.ClusterNetwork.PodSubnet }}-{{ . | replace \"/\" \"_\" | replace \":\" \".\" }}{{ end }}",
		"{{ len .MachineConfig.MachineCertSANs }}", "{{- \"x\" | repeat 3 -}}",
		"{{ .MachineConfig.MachineKubelet.KubeletImage | splitList \":\" | last }}",
		"{{ with .ClusterConfig.ClusterName }}{{ . | trunc 3 }}{{ end }}",
		"{{ .ConfigPersist }}", "{{ .ConfigVersion }}",
		"{{ .ClusterConfig.ControlPlane.Endpoint.Host | replace \":\" \".\" }}",
		"{{ printf \"%03d\" 7 }}", "{{ add 1 2 | mul 3 }}", "{{ ternary \"a\" \"b\" true }}",
		"{{ list \"a\" \"b\" | join \".\" }}", "{{ .ClusterConfig.ClusterName | sha256sum | trunc 8 }}",
		"{{/* nothing */}}z", "{{ (splitList \".\" \"a.b\") | first }}", "{{ $$x := \"q\" }}{{ $$x }}",
		`{{ not .MachineConfig.MachineInstall.InstallWipe }}`)
}

// Of characters that look the same in every notation of YAML.
func (m *maker) simpleTemplate() string {
	for {
		if t := m.template(); !strings.ContainsAny(t, "\"\\|") {
			return t
		}
	}
}

func (m *maker) labels(templated bool) any {
	t := &tree{}
	for range m.IntN(3) {
		t.set(m.labelKey(), m.label())
	}
	if templated && m.chance(0.3) {
		t.set("example.net/t", m.template())
	}
	return t
}

func (m *maker) annotations() any {
	t := &tree{}
	for range m.IntN(3) {
		t.set(m.labelKey(), m.text())
	}
	if m.chance(0.3) {
		t.set("example.net/t", m.template())
	}
	return t
}

func (m *maker) taints() any {
	t := &tree{}
	for range 1 + m.IntN(2) {
		t.set(m.labelKey(), m.leaf("a:NoSchedule|b:PreferNoSchedule|:NoExecute|NoSchedule|v:NoExecute", "a:Nope|a:b:NoSchedule||x|-a:NoSchedule|=1"))
	}
	return t
}

// A part of the main document, as a patch says it.
func (m *maker) patchTree() *tree {
	t, machine, cluster := &tree{}, &tree{}, &tree{}
	for range 1 + m.IntN(3) {
		switch m.IntN(20) {
		case 0, 1, 2:
			sysctls := &tree{}
			for range 1 + m.IntN(2) {
				sysctls.set("net.x."+m.pick("a", "b", "c"), m.leaf("=1|2|text|=0|=true|"+m.simpleTemplate()+"|"+m.variable(), ""))
			}
			machine.set("sysctls", sysctls)
		case 3:
			machine.set("kubelet", (&tree{}).set("extraArgs", (&tree{}).set(m.pick("v", "rotate-server-certificates", "feature-gates"), m.leaf("=true|=4|A=true,B=false|=[a, b]", "={a: b}"))))
		case 4:
			machine.set("kubelet", (&tree{}).set("nodeIP", (&tree{}).set("validSubnets", m.some(2, func(int) any { return m.prefix() }))))
		case 5:
			machine.set("certSANs", m.some(2, func(int) any { return m.leaf("p.example|192.0.2.9|q.example", "") }))
		case 6:
			machine.set("install", (&tree{}).set(m.pick("wipe", "wipe"), m.flag()))
		case 7:
			machine.set("time", (&tree{}).set("servers", m.some(2, func(int) any { return m.leaf("time.example|192.0.2.5", "") })))
		case 8:
			machine.set("nodeLabels", m.labels(false))
		case 9:
			machine.set("features", (&tree{}).set("hostDNS", (&tree{}).set("enabled", raw("true")).set("forwardKubeDNSToHost", m.flag())))
		case 10:
			machine.set("registries", (&tree{}).set("mirrors", (&tree{}).set(m.pick("docker.io", "ghcr.io"), (&tree{}).set("endpoints", m.some(2, func(int) any { return m.leaf("https://mirror.example|http://10.0.0.1:5000", "") })))))
		case 11:
			machine.set("files", items((&tree{}).set("path", m.leaf("/var/a|/var/b", "")).set("op", m.leaf("create|append|overwrite", "nope")).set("permissions", m.leaf("=0o644|=0600|=420", "=abc")).set("content", m.leaf("x|line\nline\n|"+m.simpleTemplate(), ""))))
		case 12:
			machine.set("logging", (&tree{}).set("destinations", items((&tree{}).set("endpoint", m.leaf("tcp://10.0.0.1:514|udp://127.0.0.1:6051/", "nope")).set("format", m.leaf("json_lines", "nope")))))
		case 13:
			machine.set("udev", (&tree{}).set("rules", strs(`SUBSYSTEM=="drm", MODE="0660"`)))
		case 14:
			cluster.set("apiServer", (&tree{}).set("extraArgs", (&tree{}).set(m.pick("a", "oidc-issuer-url"), m.leaf("=1|https://x.example|=[x, y]", ""))).set("certSANs", strs("api.example")))
		case 15:
			cluster.set("proxy", (&tree{}).set("disabled", m.flag()))
		case 16:
			cluster.set("network", (&tree{}).set("cni", (&tree{}).set("name", m.leaf("none|flannel", "nope"))))
		case 17:
			if m.control {
				cluster.set("etcd", (&tree{}).set("advertisedSubnets", m.some(2, func(int) any { return m.prefix() })))
			}
		case 18:
			cluster.set(m.pick("discovery"), (&tree{}).set("enabled", m.flag()).set("registries", (&tree{}).set("service", (&tree{}).set("disabled", m.flag()))))
		default:
			cluster.set("extraManifests", m.some(2, func(int) any { return m.leaf("https://x.example/a.yaml|https://x.example/b.yaml", "") }))
		}
	}
	if m.chance(m.wild / 2) {
		machine.set(m.pick("noSuch", "kubeletx"), m.leaf("a|=1|=[]|={a: b}", ""))
	}
	if m.chance(0.06) {
		machine.set(m.pick("nodeLabels", "sysctls", "features", "kubelet"), (&tree{}).set("$$patch", "delete"))
	}
	if len(machine.keys) > 0 {
		t.set("machine", machine)
	}
	if len(cluster.keys) > 0 {
		t.set("cluster", cluster)
	}
	return t
}

func (m *maker) jsonPatch() string {
	ops := []string{}
	for range 1 + m.IntN(2) {
		ops = append(ops, m.pick(
			`- op: add
  path: /machine/sysctls
  value: {a: "1"}`,
			`- op: replace
  path: /machine/install/wipe
  value: true`,
			`- op: add
  path: /machine/nodeLabels
  value: {json: patched}`,
			`- op: add
  path: /cluster/extraManifests
  value: ["https://x.example/j.yaml"]`,
			`- op: test
  path: /cluster/network/dnsDomain
  value: cluster.local`,
			`- op: remove
  path: /machine/kubelet/image`,
			`- op: replace
  path: /cluster/network/podSubnets/0
  value: 10.9.0.0/16`,
			`- op: copy
  from: /machine/type
  path: /cluster/network/dnsDomain`))
	}
	return strings.Join(ops, "\n") + "\n"
}

// A document that no other patch makes.
func (m *maker) document() string {
	for range 20 {
		text := m.anyDocument()
		if !strings.Contains(m.made, text) || m.chance(m.wild) {
			m.made += text
			return text
		}
	}
	m.made += "k"
	return fmt.Sprintf("apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: k%d\nurl: tcp://10.0.0.1:3478\n", len(m.made))
}

func (m *maker) anyDocument() string {
	if m.minor < 12 {
		return m.pick("apiVersion: v1alpha1\nkind: WatchdogTimerConfig\ndevice: /dev/watchdog0\ntimeout: 3m0s\n",
			"apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: k\nurl: tcp://10.0.0.1:3478\n")
	}
	return m.pick("apiVersion: v1alpha1\nkind: WatchdogTimerConfig\ndevice: /dev/watchdog0\ntimeout: 3m0s\n",
		"apiVersion: v1alpha1\nkind: KmsgLogConfig\nname: k\nurl: tcp://10.0.0.1:3478\n",
		"apiVersion: v1alpha1\nkind: ResolverConfig\nnameservers:\n  - address: 192.0.2.77\n",
		"apiVersion: v1alpha1\nkind: LinkConfig\nname: eth0\nmtu: 1400\n",

		"apiVersion: v1alpha1\nkind: EthernetConfig\nname: eth0\nrings: {rx: 16}\n")
}

func (m *maker) patchText(inFile bool) string {
	switch n := m.IntN(20); {
	case n == 0 && m.minor < 12 || n == 0 && m.chance(m.wild):
		return m.jsonPatch()
	case n == 1:
		return m.document()
	case n == 2:
		return printWith(&printer{Rand: rand.New(rand.NewPCG(m.Uint64(), 1))}, m.patchTree()) + "---\n" + m.document()
	case n == 3 && inFile:
		return m.pick("", "  \n", "# only a comment\n", "---\n")
	case n == 4:
		p := &printer{Rand: rand.New(rand.NewPCG(m.Uint64(), 1))}
		return p.flow(m.patchTree())
	case n == 5:
		return "{{ if eq .MachineConfig.MachineType \"worker\" }}\nmachine:\n  sysctls: {only: worker}\n{{ else }}\ncluster:\n  proxy: {disabled: true}\n{{ end }}"
	case n == 6 && m.chance(m.wild*3):
		return m.pick("- a\n", "text", "machine: [\n", "machine: 1\n", "a b: c\n", "kind: Nope\napiVersion: v1alpha1\n", "machine:\n\tx: y\n", "null", "[]", "{}", "~\n", "[{op: nope, path: /a}]", "machine: {network: {hostname: "+m.variable()+"}}")
	}
	return printWith(&printer{Rand: rand.New(rand.NewPCG(m.Uint64(), 1))}, m.patchTree())
}

func (m *maker) file(name, text string) string {
	if m.chance(m.wild) {
		return name + ".missing"
	}
	m.files.set(name, text)
	return name
}

func (m *maker) patches(who string) any {
	return m.some(2, func(i int) any {
		if m.chance(0.35) {
			name := m.pick("patches/", "p/", "", "./p/", "a b/") + m.pick("one", "two", who) + fmt.Sprint(m.IntN(3)) + m.pick(".yaml", ".yml", "")
			prefix := m.pick("@", "@", "@ ", "@./")
			return prefix + m.file(name, m.patchText(true))
		}
		return m.patchText(false)
	})
}

func (m *maker) selector() any {
	t := &tree{}
	for range 1 + m.IntN(2) {
		switch m.IntN(6) {
		case 0:
			t.set("busPath", m.leaf("0000:00:*|00:*", ""))
		case 1:
			t.set("hardwareAddr", m.leaf("00:50:56:00:00:01|00:50:*|AA:BB:CC:DD:EE:FF", ""))
		case 2:
			t.set("permanentAddr", m.leaf("00:50:56:00:00:02", ""))
		case 3:
			t.set("pciID", m.leaf("8086:1572|*:1000", ""))
		case 4:
			t.set("driver", m.leaf("ixgbe|virtio_net", "a\"b"))
		default:
			t.set("physical", m.flag())
		}
	}
	return t
}

// 1 where a key is missing, unless something is to be wrong.
func (m *maker) need(t *tree, key string) float64 {
	if t.get(key) == nil {
		return 1 - m.wild
	}
	return 0
}

func (m *maker) routes() any {
	return m.some(2, func(int) any {
		t := &tree{}
		m.maybe(t, 0.85, "network", func() any {
			if m.chance(0.3) {
				return m.leaf("0.0.0.0/0|::/0", "")
			}
			return m.prefix()
		})
		m.maybe(t, max(0.85, m.need(t, "network")), "gateway", func() any { return m.ip() })
		m.maybe(t, 0.2, "metric", func() any { return m.leaf("=10|=0|=1024|=0x10", "=-1|=a|=4294967296") })
		m.maybe(t, 0.2, "mtu", func() any { return m.leaf("=1400|=0", "=-1") })
		m.maybe(t, 0.2, "source", func() any { return m.ip() })
		return t
	})
}

func (m *maker) dhcpOptions() any {
	t := &tree{}
	m.maybe(t, 0.6, "routeMetric", func() any { return m.leaf("=100|=0|=1", "=-1|=x") })
	m.maybe(t, 0.3, "ipv4", m.flag)
	m.maybe(t, 0.3, "ipv6", m.flag)
	m.maybe(t, 0.1, "duidv6", func() any { return m.leaf("00:01|abc", "") })
	return t
}

func (m *maker) onControl(p float64) float64 {
	if m.control || m.chance(m.wild) {
		return p
	}
	return 0
}

func (m *maker) vip() any {
	t := &tree{}
	m.maybe(t, 1-m.wild, "ip", m.ip)
	m.maybe(t, 0.1, "hcloud", func() any { return (&tree{}).set("apiToken", "t") })
	m.maybe(t, 0.05, "equinixMetal", func() any { return (&tree{}).set("apiToken", "t") })
	return t
}

func (m *maker) bond(at int) any {
	t := &tree{}
	if m.chance(0.7) {
		t.set("interfaces", m.some(2, func(i int) any { return m.pick("eth", "enp") + fmt.Sprint(10*at+i+2) }))
	} else {
		t.set("deviceSelectors", m.some(2, func(int) any { return m.selector() }))
		if m.chance(m.wild) {
			t.set("interfaces", strs("eth2"))
		}
	}
	mode := m.pick("active-backup", "802.3ad", "balance-rr", "balance-xor", "broadcast", "balance-tlb", "balance-alb")
	t.set("mode", m.leaf(mode, "nope||802.3ad"))
	only := func(p float64, modes ...string) float64 {
		for _, one := range modes {
			if one == mode {
				return p
			}
		}
		return p * m.wild
	}
	if m.chance(0.5) {
		t.set("miimon", m.leaf("=100|=50", "=-1|=0"))
		m.maybe(t, 0.4, "updelay", func() any { return m.leaf("=200|=100", "=x|=150") })
		m.maybe(t, 0.4, "downdelay", func() any { return m.leaf("=200|=0", "=-1") })
	} else {
		m.maybe(t, m.wild, "updelay", func() any { return raw("100") })
	}
	m.maybe(t, 0.3, "xmitHashPolicy", func() any { return m.leaf("layer2|layer3+4|layer2+3|encap2+3|encap3+4", "nope|vlan+srcmac") })
	m.maybe(t, only(0.6, "802.3ad"), "lacpRate", func() any { return m.leaf("fast|slow", "nope") })
	m.maybe(t, m.wild, "arpValidate", func() any { return m.leaf("none|active|all|filter", "nope") })
	m.maybe(t, 0.2, "arpAllTargets", func() any { return m.leaf("any|all", "nope") })
	m.maybe(t, only(0.2, "balance-rr", "active-backup", "balance-xor", "broadcast"), "arpInterval", func() any { return m.leaf("=100|=0", "") })
	m.maybe(t, m.wild, "arpIPTarget", func() any { return m.some(2, func(int) any { return m.ip() }) })
	m.maybe(t, only(0.4, "active-backup", "balance-tlb", "balance-alb"), "primary", func() any { return m.leaf("eth2", "") })
	m.maybe(t, only(0.4, "active-backup", "balance-tlb", "balance-alb"), "primaryReselect", func() any { return m.leaf("always|better|failure", "nope") })
	m.maybe(t, 0.1, "failOverMac", func() any { return m.leaf("none|active|follow", "nope") })
	m.maybe(t, 0.1, "adSelect", func() any { return m.leaf("stable|bandwidth|count", "nope") })
	m.maybe(t, m.wild, "adActorSystem", func() any { return m.leaf("00:00:00:00:00:01", "") })
	modes := map[string][]string{"packetsPerSlave": {"balance-rr"}, "tlbDynamicLb": {"balance-tlb", "balance-alb"}, "adActorSysPrio": {"802.3ad"}, "adUserPortKey": {"802.3ad"}, "peerNotifyDelay": {"balance-rr", "active-backup"}}
	for _, key := range []string{"resendIgmp", "minLinks", "lpInterval", "packetsPerSlave", "numPeerNotif", "tlbDynamicLb", "allSlavesActive", "adActorSysPrio", "adUserPortKey", "peerNotifyDelay"} {
		p := 0.08
		if modes[key] != nil {
			p = only(0.3, modes[key]...)
		}
		m.maybe(t, p, key, func() any { return m.leaf("=1|=0|=5", "=70000|=-1|=x") })
	}
	m.maybe(t, 0.1, "useCarrier", m.flag)
	return t
}

func (m *maker) wireguard() any {
	t := &tree{}
	key := func() any {
		return m.leaf("GGyRnJ0tqYmbTWpmyxwVJPTeUGYhSUS4zPxdC5LLdF8=|Ff6hQg8o0wU1AKm3Xh+uDBqlTtbsZ1BDT5Mx1aYVm2s=", "nope|")
	}
	m.maybe(t, 1-m.wild, "privateKey", key)
	m.maybe(t, 0.5, "listenPort", func() any { return m.leaf("=51820|=0|=1", "=-1|=70000") })
	m.maybe(t, 0.3, "firewallMark", func() any { return m.leaf("=66|=0x10|=0", "=-1") })
	m.maybe(t, 0.9, "peers", func() any {
		return m.some(2, func(int) any {
			p := &tree{}
			m.maybe(p, 1-m.wild, "publicKey", key)
			m.maybe(p, 0.6, "endpoint", func() any {
				return m.leaf("198.51.100.7:51820|[fd00::1]:51820|vpn.example:51820", "nope|198.51.100.7|1.2.3.4:99999|:5")
			})
			m.maybe(p, 0.3, "persistentKeepaliveInterval", func() any { return m.leaf("=25s|=1m|=0s|=90s", "=25|=x|=-1s") })
			m.maybe(p, 0.8, "allowedIPs", func() any { return m.some(2, func(int) any { return m.prefix() }) })
			return p
		})
	})
	return t
}

func (m *maker) vlans() any {
	return m.some(2, func(i int) any {
		t := (&tree{}).set("vlanId", m.leaf(fmt.Sprintf("=%d", 10*(i+1)), "=0|=5000|=70000|=-1|=x"))
		m.maybe(t, 0.5, "addresses", func() any { return m.some(2, func(int) any { return m.linkAddress() }) })
		m.maybe(t, 0.3, "routes", m.routes)
		m.maybe(t, 0.3, "dhcp", m.flag)
		m.maybe(t, 0.2, "dhcpOptions", m.dhcpOptions)
		m.maybe(t, 0.2, "mtu", func() any { return m.leaf("=1500|=0|=9000", "=-1") })
		m.maybe(t, m.onControl(0.15), "vip", m.vip)
		m.maybe(t, m.wild/4, "cidr", m.prefix)
		return t
	})
}

func (m *maker) device(i int) any {
	t := &tree{}
	selected := m.chance(0.25)
	name := func(prefix string) {
		if !selected {
			t.set("interface", m.leaf(fmt.Sprintf("%s%d", prefix, i), "|eth0|averyverylonginterfacename|a b|eth 0"))
		}
		if selected || m.chance(m.wild/2) {
			t.set("deviceSelector", m.selector())
		}
	}
	switch n := m.IntN(10); {
	case n < 5:
		name(m.pick("eth", "enp0s", "ethSel", "bond", "wg", "br"))
		m.maybe(t, 0.05, "dummy", m.flag)
	case n < 7:
		name("bond")
		t.set("bond", m.bond(i))
	case n < 8:
		name("br")
		b := &tree{}
		m.maybe(b, 0.9, "interfaces", func() any { return m.some(2, func(k int) any { return fmt.Sprintf("veth%d%d", i, k) }) })
		m.maybe(b, 0.4, "stp", func() any { return (&tree{}).set("enabled", m.flag()) })
		m.maybe(b, 0.4, "vlan", func() any { return (&tree{}).set("vlanFiltering", m.flag()) })
		t.set("bridge", b)
	case n < 9:
		name("wg")
		t.set("wireguard", m.wireguard())
	default:
		name("eth")
		m.maybe(t, 0.5, "bridgePort", func() any { return (&tree{}).set("master", "br0") })
	}
	m.maybe(t, 0.5, "addresses", func() any { return m.some(2, func(int) any { return m.linkAddress() }) })
	m.maybe(t, 0.3, "routes", m.routes)
	m.maybe(t, 0.3, "dhcp", m.flag)
	m.maybe(t, 0.2, "dhcpOptions", m.dhcpOptions)
	m.maybe(t, 0.2, "mtu", func() any { return m.leaf("=1500|=0|=9000", "=-1|=x") })
	m.maybe(t, m.onControl(0.15), "vip", m.vip)
	m.maybe(t, 0.2, "vlans", m.vlans)
	m.maybe(t, 0.05, "ignore", m.flag)
	m.maybe(t, m.wild/4, "cidr", m.prefix)
	return t
}

func (m *maker) firewall() any {
	t := &tree{}
	m.maybe(t, 0.8, "defaultAction", func() any { return m.leaf("accept|block", "nope||=1") })
	m.maybe(t, 0.8, "rules", func() any {
		return m.some(3, func(i int) any {
			r := &tree{}
			m.maybe(r, 1-m.wild, "name", func() any { return m.leaf(fmt.Sprintf("rule-%d", i), "|same|a b") })
			m.maybe(r, 1-m.wild, "portSelector", func() any {
				return (&tree{}).set("ports", m.some(2, func(k int) any {
					return m.leaf([]string{"=10250|=1000-2000", "=22|=2379-2380|=70-70"}[k], "80|=2-1|=70000|=x|=-1|=1000-1500|=22")
				})).set("protocol", m.leaf("tcp|udp|icmp|icmpv6", "nope|"))
			})
			m.maybe(r, 0.95, "ingress", func() any {
				return m.some(2, func(int) any {
					n := (&tree{}).set("subnet", m.prefix())
					m.maybe(n, 0.2, "except", m.prefix)
					return n
				})
			})
			return r
		})
	})
	return t
}

func (m *maker) encryption() any {
	t := (&tree{}).set("provider", m.leaf("luks2", "nope"))
	return t.set("keys", m.some(2, func(i int) any {
		k := (&tree{}).set("slot", m.leaf(fmt.Sprintf("=%d", i), "=0|=-1"))
		switch m.IntN(4) {
		case 0:
			k.set("tpm", &tree{})
		case 1:
			k.set("nodeID", &tree{})
		case 2:
			k.set("static", (&tree{}).set("passphrase", "pass-"+m.pick("a", "${BOTH}")))
		default:
			k.set("kms", (&tree{}).set("endpoint", "https://kms.example:4050"))
		}
		return k
	}))
}

func (m *maker) provisioning() any {
	t := &tree{}
	m.maybe(t, 0.7, "diskSelector", func() any {
		return (&tree{}).set("match", m.leaf(`disk.transport == "nvme"|!system_disk|system_disk|disk.size > 10u * GB|disk.serial == 'S1' && disk.rotational`, "nope(|disk.nope|disk.size"))
	})
	m.maybe(t, 0.7, "minSize", func() any { return m.leaf("10GB|2.5GiB|=1000000|500MiB|1TiB", "x|-1GB|10 %") })
	m.maybe(t, 0.5, "maxSize", func() any { return m.leaf("2TiB|50%|100GB|80%", "x|0%|1KB") })
	m.maybe(t, 0.3, "grow", m.flag)
	return t
}

func (m *maker) userVolume(i int) any {
	t := (&tree{}).set("name", m.leaf(fmt.Sprintf("vol%d", i), "same|a b||"+strings.Repeat("n", 40)))
	kind := m.pick("", "partition", "disk", "directory")
	if m.minor < 12 && !m.chance(m.wild) {
		kind = m.pick("", "", "partition")
	}
	if kind != "" {
		t.set("volumeType", m.leaf(kind, "nope|"))
	}
	if m.chance(m.wild) {
		kind = m.pick("disk", "directory", "")
	}
	switch kind {
	case "directory":
		return t
	case "disk":
		return t.set("provisioning", (&tree{}).set("diskSelector", (&tree{}).set("match", "!system_disk")))
	}
	p := m.provisioning().(*tree)
	if !m.chance(m.wild) {
		p.set("diskSelector", (&tree{}).set("match", m.leaf(`disk.transport == "nvme"|!system_disk`, "")))
		p.set("minSize", m.leaf("10GB|2.5GiB|=1000000", ""))
	}
	t.set("provisioning", p)
	m.maybe(t, 0.4, "filesystem", func() any { return (&tree{}).set("type", m.leaf("ext4|xfs", "vfat|nope")) })
	m.maybe(t, 0.2, "encryption", m.encryption)
	return t
}

func (m *maker) volume(i int) any {
	t := (&tree{}).set("name", m.leaf([]string{"EPHEMERAL", "IMAGECACHE", "STATE"}[i], "NOPE||EPHEMERAL"))
	if i < 2 {
		m.maybe(t, 0.8, "provisioning", m.provisioning)
	}
	m.maybe(t, 0.3, "encryption", m.encryption)
	return t
}

func (m *maker) service(i int) any {
	t := (&tree{}).set("name", m.leaf(fmt.Sprintf("svc-%d", i), "|a b"))
	m.maybe(t, 1-m.wild, "configFiles", func() any {
		return m.some(2, func(k int) any {
			return (&tree{}).set("content", m.leaf("text|a: b\nc: d\n|$$x|line ${BOTH}\n", "")).set("mountPath", m.leaf(fmt.Sprintf("/etc/%d", k), "|rel"))
		})
	})
	m.maybe(t, 0.7, "environment", func() any { return strs("A=b", "X="+m.pick("${FROM_PROCESS}", "1")) })
	return t
}

func (m *maker) schematic() any {
	t := &tree{}
	m.maybe(t, 0.9, "customization", func() any {
		c := &tree{}
		m.maybe(c, 0.6, "systemExtensions", func() any {
			return (&tree{}).set("officialExtensions", m.some(3, func(k int) any {
				return m.leaf([]string{"siderolabs/iscsi-tools|siderolabs/qemu-guest-agent", "siderolabs/util-linux-tools", "siderolabs/intel-ucode|siderolabs/nut-client"}[k], "siderolabs/i915-ucode|siderolabs/intel-ucode|siderolabs/i915|nope|siderolabs/nope")
			}))
		})
		m.maybe(c, 0.4, "extraKernelArgs", func() any {
			return m.some(2, func(int) any { return m.leaf("console=ttyS0|net.ifnames=0|-quiet", "") })
		})
		m.maybe(c, 0.15, "meta", func() any {
			return items((&tree{}).set("key", m.leaf("=10|=0xa", "=300")).set("value", m.leaf("x|{}", "")))
		})
		m.maybe(c, 0.1, "secureboot", func() any { return (&tree{}).set("includeWellKnownCertificates", m.flag()) })
		m.maybe(c, 0.1, "bootloader", func() any { return m.leaf("grub|sd-boot|dual-boot", "auto|nope") })
		return c
	})
	m.maybe(t, 0.1, "overlay", func() any {
		return (&tree{}).set("image", "siderolabs/sbc-raspberrypi").set("name", "rpi_generic").set("options", (&tree{}).set("configTxt", "a=b"))
	})
	return t
}

func (m *maker) spec() any {
	t := &tree{}
	m.maybe(t, 0.4, "mode", func() any { return m.leaf("metal|nocloud|aws", "") })
	m.maybe(t, 0.4, "arch", func() any { return m.leaf("amd64|arm64", "") })
	m.maybe(t, 0.4, "secureboot", m.flag)
	m.maybe(t, 0.2, "useUKI", m.flag)
	if m.chance(0.5) {
		method := m.pick("iso", "disk-image", "pxe")
		t.set("bootMethod", m.leaf(method, "nope|"))
		if method == "disk-image" && m.chance(0.5) {
			t.set("imageSuffix", m.leaf("raw.xz|qcow2|raw.zst", "iso|.raw|nope"))
		} else if method == "iso" && m.chance(0.3) {
			t.set("imageSuffix", m.leaf("iso", "raw.xz"))
		}
	}
	return t
}

func (m *maker) content(name string) (any, bool) {
	if !m.chance(0.4) {
		return m.leaf("x|a: b\n|#!/bin/sh\necho\n|two\n\nlines\n|"+m.variable()+"|trailing \n|é", ""), m.chance(0.2)
	}
	texts := []string{"a: b\n# c\nd: {e: [1, 2]}\n", "a: ${BOTH}\n", "kind: X\n---\nkind: Y\n", "l:\n- a\n-   b\n", "s: |\n  x\n  y\n", "'q': \"w\"\n", "a:   # comment\n  b: 'c'\n", "k: >-\n  folded\n  text\n", "t: 2001-02-03\nn: ~\n", "# c\n\na: 1\n\n\nb: 2\n", "[1, 2,\n 3]\n", "text\n", "a: \"x\\ty\"\n", "long: " + strings.Repeat("word ", 30) + "end\n"}
	skip := m.chance(0.3)
	if skip {
		texts = append(texts, "#!/bin/sh\nif true; then\n\techo $HOME\nfi\n", "[a]\nb = c\n", "no newline")
	} else if m.chance(m.wild) {
		texts = []string{"#!/bin/sh\nif: [\n", "a: ${UNSET}\n", "\tx\n"}
	}
	return "@" + m.file(m.pick("f/", "")+name+m.pick("1", "2"), m.pick(texts...)), skip
}

func (m *maker) machineFile(i int) any {
	content, skip := m.content(m.pick("a.yaml", "b.sh", "c"))
	t := (&tree{}).set("content", content).set("path", m.leaf(fmt.Sprintf("/var/f%d|/etc/cri/conf.d/20-x.part|/var/lib/a b", i), "rel|/a/../b|/|/var/ü"))
	t.set("permissions", m.leaf("=0o644|=0644|=0o600|=420|=0|=0x1ff", "=abc|=0o9|0o644")).set("op", m.leaf("create|append|overwrite", "|nope|Create"))
	if skip {
		t.set("skipEnvsubst", raw("true"))
	}
	return t
}

func (m *maker) modules() any {
	return m.some(2, func(i int) any {
		t := (&tree{}).set("name", m.leaf(fmt.Sprintf("mod_%d|br_netfilter", i), ""))
		m.maybe(t, 0.3, "parameters", func() any { return strs("a=1", "b="+m.pick("x", "${BOTH}")) })
		return t
	})
}

func (m *maker) disks() any {
	return m.some(2, func(i int) any {
		return (&tree{}).set("device", fmt.Sprintf("/dev/sd%c", 'b'+i)).set("partitions", m.some(2, func(k int) any {
			t := (&tree{}).set("mountpoint", fmt.Sprintf("/var/mnt/%d%d", i, k))
			m.maybe(t, 1-m.wild, "size", func() any { return m.leaf("10GB|=1000|5 GiB|100MiB", "x|=-1|=0") })
			return t
		}))
	})
}

func (m *maker) sans() any {
	return m.some(2, func(int) any { return m.leaf("a.example|192.0.2.3|b.example|fd00::3|*.example|=1", "") })
}

// What a group and a node may both say.
func (m *maker) settings(t *tree, p float64, who string) {
	m.maybe(t, p, "nodeLabels", func() any { return m.labels(true) })
	m.maybe(t, p/2, "nodeAnnotations", m.annotations)
	m.maybe(t, p/2, "nodeTaints", m.taints)
	m.maybe(t, p/6, "machineDisks", m.disks)
	m.maybe(t, p/2, "machineFiles", func() any { return m.some(2, m.machineFile) })
	m.maybe(t, p/3, "disableSearchDomain", m.flag)
	m.maybe(t, p/2, "kernelModules", m.modules)
	m.maybe(t, p, "nameservers", func() any { return m.some(2, func(int) any { return m.ip() }) })
	m.maybe(t, p*1.5, "networkInterfaces", func() any { return m.some(3, m.device) })
	m.maybe(t, p/4, "extraManifests", func() any {
		return m.some(2, func(i int) any {
			return m.file(fmt.Sprintf("docs/%s%d.yaml", who, i), m.document())
		})
	})
	m.maybe(t, p/2, "certSANs", m.sans)
	m.maybe(t, p, "patches", func() any { return m.patches(who) })
	m.maybe(t, p/6, "talosImageURL", func() any {
		return m.leaf("factory.talos.dev/installer/abc|ghcr.io/siderolabs/installer|reg.example:5000/a/b", "a:v1|nope|https://x/y|UPPER/x|x.example/a@sha256:00|reg.example/a:v1")
	})
	m.maybe(t, p/10, "noSchematicValidate", m.flag)
	m.maybe(t, p/2, "schematic", m.schematic)
	m.maybe(t, p/6, "imageSchematic", m.schematic)
	m.maybe(t, p/3, "machineSpec", m.spec)
	m.maybe(t, p/2, "ingressFirewall", m.firewall)
	m.maybe(t, p/3, "extensionServices", func() any { return m.some(2, m.service) })
	m.maybe(t, p/3, "volumes", func() any { return m.some(3, m.volume) })
	m.maybe(t, p/3, "userVolumes", func() any { return m.some(2, m.userVolume) })
	m.maybe(t, p/5, "filenameTmpl", func() any {
		return m.leaf("{{ .Hostname }}.yaml|{{ .Role }}/{{ .ClusterName }}-{{ .Hostname }}.yaml|{{ .Hostname }}|x-{{ .IPAddress }}-{{ .Hostname }}.yaml|{{ if eq .Role \"worker\" }}w{{ else }}c{{ end }}-{{ .Hostname }}.yml|{{ printf \"%s_%s\" .ClusterName .Hostname }}.yaml", "{{ .Nope }}|{{|{{ upper .Hostname }}|same.yaml||{{ nope }}")
	})
	if m.chance(m.wild / 2) {
		t.set(m.pick("noSuchKey", "node_labels", "Patches"), m.leaf("a|=1|=[]", ""))
	}
}

func (m *maker) node(i int, workersOnly bool) (*tree, string) {
	name := fmt.Sprintf("%s%d%s", m.pick("n-", "node", "x.y-", "a"), i, m.pick("", "", "", ".example.net"))
	if m.chance(0.03) {
		name = strings.ToUpper(name)
	}
	m.control = false
	t := (&tree{}).set("hostname", m.leaf(name, "|a_b|-a|a..b|ü|"+strings.Repeat("h", 64)))
	address := fmt.Sprintf("192.0.2.%d", 20+10*i+m.IntN(10))
	if m.chance(0.2) {
		address += m.pick(", ", ",", " , ") + fmt.Sprintf("fd00::%d", 20+10*i)
	} else if m.chance(0.2) {
		address = fmt.Sprintf("fd00::%x", 20+10*i)
	}
	t.set("ipAddress", m.leaf(address, "|nope nope|192.0.2.1,|host.example|,|300.1.2.3|1.2.3.4 5.6.7.8|192.0.2.1/24"))
	if (i == 0 && !workersOnly) || (m.chance(0.3) && !workersOnly) {
		m.control = true
		t.set("controlPlane", m.leaf("=true|=true|=yes", `="true"|=1`))
	} else if m.chance(0.3) {
		t.set("controlPlane", raw("false"))
	}
	if m.chance(0.8) {
		t.set("installDisk", m.leaf("/dev/sda|/dev/nvme0n1|/dev/disk/by-id/x", "|sda|=1"))
	} else {
		s := &tree{}
		m.maybe(s, 0.6, "size", func() any { return m.leaf("<= 1TB|>= 10GB|> 100MiB|100GB|< 2TB", "nope|=5|== 500GB") })
		m.maybe(s, 0.4, "type", func() any { return m.leaf("ssd|nvme|hdd|sd", "nope") })
		m.maybe(s, 0.3, "model", func() any { return m.leaf("WDC*|Samsung SSD", "") })
		m.maybe(s, m.wild, "name", func() any { return m.leaf("/sys/block/sda/device/name|x*", "") })
		m.maybe(s, 0.2, "serial", func() any { return m.leaf("S1*|=12345", "") })
		m.maybe(s, 0.2, "wwid", func() any { return m.leaf("naa.*|eui.1", "") })
		m.maybe(s, 0.1, "uuid", func() any { return m.leaf("u1", "") })
		m.maybe(s, 0.1, "modalias", func() any { return m.leaf("scsi:*", "") })
		m.maybe(s, 0.2, "busPath", func() any { return m.leaf("/pci0000:00/*|/pci0000:00/0000:00:17.0/ata1", "") })
		if len(s.keys) == 0 && !m.chance(m.wild) {
			s.set("type", "ssd")
		}
		t.set("installDiskSelector", s)
		m.maybe(t, 0.1, "installDisk", func() any { return "/dev/sda" })
	}
	m.maybe(t, 0.1, "ignoreHostname", m.flag)
	m.maybe(t, 0.1, "overridePatches", m.flag)
	m.maybe(t, 0.1, "overrideExtraManifests", m.flag)
	m.maybe(t, 0.1, "overrideMachineCertSANs", m.flag)
	m.settings(t, m.Float64()*0.4, name)
	return t, name
}

func (m *maker) env() string {
	out := m.pick("", "---\n", "# variables\n")
	for _, v := range []string{"A", "B_2", "BOTH", "lower", "DISK_NAME"} {
		if m.chance(0.5) {
			continue
		}
		m.vars = append(m.vars, v)
		out += v + ": " + m.pick("plain", `"quoted"`, "'single'", "10.1.0.0", "with space", "a # c", `"esc\nx"`, "1", "true", `"$BOTH"`, "x=y", "\"sp \"", "'$x'", "a'b", "v\\n", "a#b", "yes", "1.10", `"a\"b"`, "a  b  ", "'a''b'") + m.pick("", "", "", " # why") + "\n"
	}
	if m.chance(m.wild) {
		out += m.pick("a\n", "K=v\n", "list: [a]\n", "nest:\n  a: b\n", "\tx: y\n", "- a\n", "K: \"open\n", "a: #\n", "v:x\n", "v : x\n", "BOTH: x\nBOTH: y\n", "K: ${BOTH}\n", "K: '\n", "K:\n", "K: |\n  x\n", "export K: v\n", "1K: v\n", "K.a: v\n", "K-b: v\n")
	}
	return out
}

func (m *maker) endpoint() any {
	return m.leaf("https://192.0.2.10:6443|https://api.example.net:6443|https://[fd00::1]:6443|https://api.example.net|https://192.0.2.10:443|https://API.example:6443|https://api.example:6443/|https://api.example:6443/path|https://10.0.0.1", "http://192.0.2.10:6443|192.0.2.10:6443|https://|https://a b:1|nope||https://x:99999|https://x:y|=1|https://fd00::1:6443|https://api_x.example:6443|https://u:p@x.example:6443|https://x.example:6443?q=1|https://x:0|https://-x:1")
}

func (m *maker) sample(seed uint64, bundles []string) *sample {
	s := &sample{seed: seed, files: &tree{}, bundle: bundles[m.IntN(len(bundles))], plain: m.chance(0.25)}
	m.files = s.files
	m.minor = 9 + m.IntN(5)
	if m.chance(0.35) {
		m.wild = []float64{0.01, 0.03, 0.1}[m.IntN(3)]
	}
	s.tame = m.wild == 0
	if m.chance(0.5) {
		s.files.set("talenv.yaml", m.env())
	}
	if m.chance(0.1) {
		s.files.set(m.pick("talenv.yml", "talenv.sops.yaml"), m.env())
	}
	c := &tree{}
	s.config = c
	c.set("clusterName", m.leaf("home|prod-1|my.cluster|${BOTH}|Big", "|a b|=1|=true|a/b|ü"))
	if m.minor < 13 || m.chance(0.8) {
		c.set("talosVersion", m.leaf(fmt.Sprintf("v1.%d.%d|1.%d.0|v1.%d.%d", m.minor, m.IntN(6), m.minor, m.minor, m.IntN(2)), "v1.8.0|v2.0.0|nope|v1.13|=1.12|v1.99.0||v1.13.0-beta.1|v1.12.0-alpha.0|V1.12.0|v1.13.9+x|v0.14.0"))
	}
	c.set("kubernetesVersion", m.leaf(fmt.Sprintf("v1.%d.%d|1.%d.0", m.minor+18+m.IntN(6), m.IntN(4), m.minor+18+m.IntN(6)), "v1.20.0|nope||v1.99.0|=1.34|v1.34|v1.35.0-rc.1|1.34.0+k3s"))
	c.set("endpoint", m.endpoint())
	m.maybe(c, 0.2, "domain", func() any { return m.leaf("cluster.local|k8s.example|a_b.c|x|x.|_x|x_|A.b", "a b|-a|ü|a..b|.a") })
	m.maybe(c, 0.2, "allowSchedulingOnMasters", m.flag)
	m.maybe(c, 0.2, "allowSchedulingOnControlPlanes", m.flag)
	m.maybe(c, 0.2, "additionalMachineCertSans", m.sans)
	m.maybe(c, 0.4, "additionalApiServerCertSans", m.sans)
	m.maybe(c, 0.2, "inlineManifests", func() any {
		return m.some(2, func(i int) any {
			content, skip := m.content("m.yaml")
			t := (&tree{}).set("name", m.leaf(fmt.Sprintf("man-%d", i), "same|a b|")).set("contents", content)
			if skip {
				t.set("skipEnvsubst", raw("true"))
			}
			return t
		})
	})
	m.maybe(c, 0.3, "clusterPodNets", func() any {
		return m.leaf("=[10.244.0.0/16]|=[10.1.0.0/16]|=[10.1.0.0/16, fd01::/56]|=[10.1.2.3/16]|=[fd01::/56]|=[FD01::/56]|=[10.1.0.0/16, 10.2.0.0/16]|=[]", "=[x]|=[10.1.0.0]|=10.1.0.0/16|=[10.1.0.0/16, fd01::/56, 10.3.0.0/16]")
	})
	m.maybe(c, 0.3, "clusterSvcNets", func() any {
		return m.leaf("=[10.96.0.0/12]|=[10.7.0.0/20]|=[10.7.0.0/20, fd02::/112]|=[fd02::/112]|=[10.7.0.9/20]", "=[x]|=[10.7.0.0]|=[]")
	})
	m.maybe(c, 0.3, "cniConfig", func() any {
		t := (&tree{}).set("name", m.leaf("none|flannel|custom|none", "nope|"))
		if t.get("name") == "custom" || m.chance(m.wild) {
			t.set("urls", m.some(2, func(int) any { return m.leaf("https://x.example/cni.yaml|https://x.example/more.yaml", "nope|") }))
		}
		if t.get("name") == "flannel" && m.chance(0.5) || m.chance(m.wild) {
			f := &tree{}
			m.maybe(f, 0.6, "extraArgs", func() any { return strs("--iface=eth0") })
			m.maybe(f, 0.5, "kubeNetworkPoliciesEnabled", m.flag)
			t.set("flannel", f)
		}
		return t
	})
	m.maybe(c, 0.4, "patches", func() any { return m.patches("all") })
	m.maybe(c, 0.15, "imageFactory", func() any {
		t := &tree{}
		m.maybe(t, 0.6, "registryURL", func() any { return m.leaf("factory.example|factory.example:5000|factory.talos.dev", "") })
		m.maybe(t, 0.3, "schematicEndpoint", func() any { return "/s" })
		m.maybe(t, 0.3, "protocol", func() any { return m.leaf("http|https", "") })
		m.maybe(t, 0.4, "installerURLTmpl", func() any {
			return m.leaf("{{ .RegistryURL }}/i{{ if .Secureboot }}-sb{{ end }}/{{ trunc 9 .ID }}:{{ .Version }}|{{.RegistryURL}}/{{upper .Mode}}/{{.ID}}:{{.Version}}|fixed.example/x:{{ trimPrefix \"v\" .Version }}", "{{ .Arch }}|{{|{{ .Nope }}|{{ nope }}")
		})
		m.maybe(t, 0.2, "ISOURLTmpl", func() any {
			return m.leaf("{{ .Protocol }}://x/{{ .ID }}{{ .Suffix }}{{ .BootMethod }}", "{{ .Nope }}|{{")
		})
		return t
	})
	for _, group := range []string{"controlPlane", "worker"} {
		m.maybe(c, 0.4, group, func() any {
			t := &tree{}
			m.control = group == "controlPlane"
			m.settings(t, m.Float64()*0.5, group)
			return t
		})
	}
	workersOnly := m.chance(0.02)
	nodes := &list{}
	for i := range 1 + m.IntN(4) {
		node, name := m.node(i, workersOnly)
		nodes.items = append(nodes.items, node)
		s.nodes = append(s.nodes, name)
	}
	c.set("nodes", nodes)
	if m.chance(m.wild) {
		c.set(m.pick("noSuchKey", "cluster_name"), "x")
	}
	return s
}
