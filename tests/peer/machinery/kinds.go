package main

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	_ "unsafe" // for the list of kinds, which the module keeps to itself

	"github.com/siderolabs/talos/pkg/machinery/config/config"
	_ "github.com/siderolabs/talos/pkg/machinery/config/types"
	"github.com/siderolabs/talos/pkg/machinery/config/types/v1alpha1"
	"go.yaml.in/yaml/v4"
)

//go:linkname registeredKinds github.com/siderolabs/talos/pkg/machinery/config/internal/registry.Kinds
func registeredKinds() []string

//go:linkname registeredNew github.com/siderolabs/talos/pkg/machinery/config/internal/registry.New
func registeredNew(kind, version string) (config.Document, error)

type field struct {
	name   string
	typ    reflect.Type
	inline bool
}

// A kind of document, as the module's own types have it.
type documentKind struct {
	kind  string
	named bool
	typ   reflect.Type
}

func allKinds() []documentKind {
	kinds := []documentKind{}
	for _, kind := range registeredKinds() {
		version := "v1alpha1"
		if kind == v1alpha1.Version {
			version = ""
		}
		document, err := registeredNew(kind, version)
		if err != nil {
			continue
		}
		_, named := document.(config.NamedDocument)
		kinds = append(kinds, documentKind{kind, named, reflect.TypeOf(document).Elem()})
	}
	return kinds
}

var knownFields = map[reflect.Type][]field{}

func fieldsOf(typ reflect.Type) []field {
	if known, ok := knownFields[typ]; ok {
		return known
	}
	out := []field{}
	for i := range typ.NumField() {
		tag := strings.Split(typ.Field(i).Tag.Get("yaml"), ",")
		inner := typ.Field(i).Type
		switch {
		case len(tag) > 1 && tag[0] == "" && tag[1] == "inline":
			for inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			out = append(out, fieldsOf(inner)...)
		case tag[0] == "" || tag[0] == "-" || !typ.Field(i).IsExported():
		default:
			out = append(out, field{name: tag[0], typ: inner})
		}
	}
	knownFields[typ] = out
	return out
}

var (
	yamlReader = reflect.TypeFor[yaml.Unmarshaler]()
	textReader = reflect.TypeFor[encoding.TextUnmarshaler]()
	printer    = reflect.TypeFor[fmt.Stringer]()
)

func readsItself(typ reflect.Type) bool {
	pointer := reflect.PointerTo(typ)
	if pointer.Implements(yamlReader) || pointer.Implements(textReader) {
		return true
	}
	_, old := pointer.MethodByName("UnmarshalYAML")
	return old
}

// Texts that may be a value of something; which of them are one of a type is found by trying.
var candidates = []string{
	`a`, `b`, `eth0`, `eth1`, `bond0`, `"x y"`, `""`, `0`, `1`, `2`, `100`, `4096`, `65535`, `65536`,
	`70000`, `-1`, `300`, `4294967295`, `4294967296`, `18446744073709551615`, `1.5`, `1.50`, `-0`, `1e3`,
	`0x10`, `0o17`, `017`, `0b11`, `1_000`, `+1`, `.5`, `.inf`, `.nan`, `true`, `false`, `True`, `yes`,
	`no`, `on`, `off`, `"true"`, `"yes"`, `"no"`, `"1"`, `"0"`, `'1.5'`, `null`, `~`, `Null`, `2020-01-01`,
	`2001-12-14t21:59:43.10-05:00`, `12:30:45`, `1:2`, `<<`, `=`, `y`, `n`, `"y"`, `'off'`, `"null"`,
	`1s`, `90s`, `1h30m`, `500ms`, `24h`, `"0s"`, `0s`, `1d`, `-5s`, `168h`,
	`10.0.0.1`, `10.0.0.2`, `fd00::1`, `FD00:0:0::1`, `10.0.0.0/8`, `10.1.2.3/8`, `fd00::/64`, `0.0.0.0/0`,
	`"::/0"`, `10.0.0.1/24`, `10.0.0.1:51820`, `"[fd00::1]:51820"`, `host:80`, `::ffff:10.0.0.1`,
	`fe80::1%eth0`,
	`https://a:6443/path?x=1`, `https://b`, `http://c/`, `HTTPS://Host.Example/Path`, `tcp://10.0.0.1:514`,
	`udp://10.0.0.2:514/`, `grpc://s:1`, `"https://u:p@h/"`, `/only/path`, `"https://h/a b"`, `"%zz"`,
	`https://h/a%20b?q=%41#f`, `https://[fd00::1]:6443`,
	`https://[x]:1`, `"https://[::1%25eth0]:1"`, `https://[10.0.0.1]`, `'https://a"b<c>:1'`, `"https://u v@h"`,
	`"https://h/#%zz"`, `grpc://fd00::1:80`, `udp://::1:514`, `https://::1:80`, `https://a]b`, `"https://a#b"`,
	`//a:80/`, `"[fe80::1%eth0]:51820"`, `"[fe80::1%]:51820"`, `"\u2003"`, `"!10.0.0.1"`, `a.b:80`,
	`00:11:22:33:44:55`, `AA:BB:CC:DD:EE:FF`, `"aa-bb"`, `aa:bb`,
	`10GiB`, `10 GB`, `100MB`, `0`, `5%`, `50%`, `101%`, `-1GiB`, `1.5GiB`, `-20%`,
	`">= 100GB"`, `"< 1TB"`, `"== 5"`, `20MB`, `disk.size > 100u * GiB`, `system_disk`, `"true && !false"`,
	`'disk.transport == "nvme"'`, `'link.driver == "x"'`, `"1 +"`,
	`controlplane`, `worker`, `init`, `join`, `ssd`, `hdd`, `nvme`, `sd`, `luks2`, `xfs`, `ext4`,
	`virtiofs`, `partition`, `disk`, `directory`, `none`, `mac`, `duid`, `phy`, `magic`, `main`, `local`,
	`default`, `"100"`, `"254"`, `unspec`, `accept`, `block`, `tcp`, `udp`, `icmp`, `icmpv6`,
	`443-444`, `"80"`, `80`, `9-1`, `v1`, `v2`, `active-backup`, `fast`, `slow`,
	`node.kubernetes.io/x`, `"a: b"`, `'it''s'`, `"a\nb\n"`, `"a\nb"`, `" a"`, `"a "`, `"a\tb"`, `"\ta\n"`,
	`"#c"`, `"- x"`, `"ü"`, `"\U0001F600"`, `"*x"`, `"&x"`, `"!x"`, `"%x"`, `"@x"`, `"a #b"`, `'{'`, `"[x"`,
	`"a\n\n"`, `"\na"`, `" a\nb"`, `"a\r\nb"`, `"\0"`, `---`, `"..."`, `"|"`, `">"`, `"?"`, `a]`, `a,b`,
	`LS0tLS1CRUdJTi0tLS0tCmFiYwo=`, `YWJj`, `"!!!"`, `YWJ`, "|\n  line\n  more\n",
	"|-\n  line\n", `!!str 5`, `!!int "5"`, `"0o644"`, `0o644`, `0644`, `420`, `0x1a4`,
	`[]`, `[a]`, `[a, b]`, `[1, true]`, `[null]`, `{}`, `{crt: YWJj, key: ZGVm}`, `{crt: YWJj}`,
	`{key: ZGVm}`, `{crt: "", key: ""}`, `{cert: a, key: b}`,
}

// Whether a struct is nothing but a map of anything.
func isFree(typ reflect.Type) bool {
	return typ.NumField() == 1 && typ.Field(0).Type.Kind() == reflect.Map &&
		strings.Contains(typ.Field(0).Tag.Get("yaml"), ",inline")
}

type pool struct{ good, bad []string }

var pools = map[reflect.Type]*pool{}

func decodes(typ reflect.Type, text string) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	value := reflect.New(reflect.MapOf(reflect.TypeFor[string](), typ)).Interface()
	reader := yaml.NewDecoder(strings.NewReader("v: " + text))
	reader.KnownFields(true)
	return reader.Decode(value) == nil
}

// The words of an enumeration, from how its numbers print.
func words(typ reflect.Type) []string {
	out := []string{}
	if !typ.Implements(printer) && !reflect.PointerTo(typ).Implements(printer) {
		return out
	}
	for i := range 260 {
		value := reflect.New(typ)
		switch typ.Kind() {
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
			if value.Elem().OverflowInt(int64(i)) {
				return out
			}
			value.Elem().SetInt(int64(i))
		case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			if value.Elem().OverflowUint(uint64(i)) {
				return out
			}
			value.Elem().SetUint(uint64(i))
		default:
			return out
		}
		text := value.Interface().(fmt.Stringer).String()
		if !strings.ContainsAny(text, "(") {
			out = append(out, text)
		}
	}
	return out
}

func poolOf(typ reflect.Type) *pool {
	if known, ok := pools[typ]; ok {
		return known
	}
	p := &pool{}
	for _, text := range append(words(typ), candidates...) {
		if decodes(typ, text) {
			p.good = append(p.good, text)
		} else {
			p.bad = append(p.bad, text)
		}
	}
	pools[typ] = p
	return p
}
