package main

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// A type of an expression; item is that of lists, maps and optionals, key that of maps.
type kind struct {
	name      string
	key, item *kind
	message   protoreflect.MessageDescriptor
}

func (k *kind) String() string {
	switch {
	case k.name == "map":
		return "map(" + k.key.String() + "," + k.item.String() + ")"
	case k.item != nil:
		return k.name + "(" + k.item.String() + ")"
	case k.message != nil:
		return string(k.message.FullName())
	}
	return k.name
}

var scalars = []string{"bool", "int", "uint", "double", "string", "bytes", "duration", "timestamp"}

func plain(name string) *kind { return &kind{name: name} }

// Something that can be written down and has a type: disk.size, a loop's variable.
type place struct {
	text string
	of   *kind
}

// What an expression may mention where it stands.
type names struct {
	places    []place // of every depth
	functions []string
	optional  bool
}

var protoKinds = map[protoreflect.Kind]string{
	protoreflect.BoolKind: "bool", protoreflect.EnumKind: "int", protoreflect.Int32Kind: "int",
	protoreflect.Int64Kind: "int", protoreflect.Uint32Kind: "uint", protoreflect.Uint64Kind: "uint",
	protoreflect.DoubleKind: "double", protoreflect.StringKind: "string", protoreflect.BytesKind: "bytes",
}

func kindOfField(field protoreflect.FieldDescriptor) *kind {
	of := &kind{name: protoKinds[field.Kind()]}
	if message := field.Message(); message != nil {
		of = &kind{name: "message", message: message}
		if message.FullName() == "google.protobuf.Duration" {
			of = plain("duration")
		}
	}
	if of.name == "" {
		panic("no kind for " + string(field.FullName()))
	}
	if field.IsList() {
		return &kind{name: "list", item: of}
	}
	return of
}

// The place itself and all below it.
func below(text string, of *kind) []place {
	out := []place{{text, of}}
	if of.message == nil {
		return out
	}
	fields := of.message.Fields()
	for i := range fields.Len() {
		out = append(out, below(text+"."+string(fields.Get(i).Name()), kindOfField(fields.Get(i)))...)
	}
	return out
}

type maker struct {
	*rand.Rand
	names
	wrong float64 // how often a part is of another type than it should be
	loops int
}

func (m *maker) pick(from ...string) string { return from[m.IntN(len(from))] }
func (m *maker) one(in int) bool            { return m.IntN(in) == 0 }

func (m *maker) kind(depth int) *kind {
	switch {
	case depth > 0 && m.one(6):
		return &kind{name: "list", item: m.kind(depth - 1)}
	case depth > 0 && m.one(8):
		return &kind{name: "map", key: plain(m.pick("string", "int", "uint", "bool")), item: m.kind(depth - 1)}
	case m.one(20):
		return plain(m.pick("type", "null", "dyn"))
	case m.optional && depth > 0 && m.one(6):
		return &kind{name: "optional", item: m.kind(depth - 1)}
	}
	return plain(scalars[m.IntN(len(scalars))])
}

func same(a, b *kind) bool { return a.String() == b.String() }

// A variable, field or constant of a type; "" if there is none.
func (m *maker) known(of *kind) string {
	var fit []string
	for _, p := range m.places {
		if same(p.of, of) {
			fit = append(fit, p.text)
		}
		if p.of.item != nil && same(p.of.item, of) && p.of.name == "list" {
			fit = append(fit, p.text+"["+m.pick("0", "1", "2")+"]")
		}
		if p.of.name == "map" && same(p.of.item, of) {
			fit = append(fit, p.text+"["+m.literal(p.of.key)+"]")
		}
	}
	if len(fit) == 0 {
		return ""
	}
	return fit[m.IntN(len(fit))]
}

var texts = []string{`""`, `"nvme"`, `'sda'`, `"/dev/nvme*"`, `r"a\d+"`, `'''x'y'''`, `"""a"b"""`, `"\u00e9\n"`, `"Samsung SSD 980"`,
	`"aa:bb:*"`, `"*"`, `"e*0"`, `'\x41\101'`, `R'\.'`, `"\U0001F600"`, `"10"`, `"true"`, `"1.5"`, `"1h"`, `"2024-02-29T12:00:00Z"`,
	`"\a\b\f\r\t\v\\\?\"\'` + "\\`\""}

func (m *maker) literal(of *kind) string {
	switch of.name {
	case "bool":
		return m.pick("true", "false")
	case "int":
		return m.pick("0", "1", "2", "-1", "42", "0x1F", "-0x10", "9223372036854775807", "-9223372036854775808", "100",
			strconv.Itoa(m.IntN(5000)))
	case "uint":
		return m.pick("0u", "1u", "2U", "0xFFu", "18446744073709551615u", "100u", "512u", "1500u", strconv.Itoa(m.IntN(5000))+"u")
	case "double":
		return m.pick("0.0", "1.5", "-2.25", "1e3", ".5", "1.0e-3", "1E+2", "100.0", "6.02e23")
	case "string":
		return m.pick(texts...)
	case "bytes":
		return m.pick(`b""`, `b"abc"`, `b'\x00\xff'`, `b"\xaa\xbb\xcc\xdd\xee\xff"`, `br"\x"`, `b"é"`, `B'\303'`, `rb"a"`, `b'''a'''`)
	case "duration":
		return "duration(" + m.pick(`"1h"`, `"10s"`, `"1.5h"`, `"-3m"`, `"1h2m3s"`, `"100ms"`, `"0s"`, `"5us"`, `"1"`, `""`) + ")"
	case "timestamp":
		return "timestamp(" + m.pick(`"2024-02-29T12:00:00Z"`, `"1969-12-31T23:59:59.999Z"`, `"2020-01-01T00:00:00+02:00"`,
			`"9999-12-31T23:59:59Z"`, `"x"`, `0`, `1700000000`) + ")"
	case "type":
		return m.pick("int", "uint", "string", "bool", "double", "bytes", "list", "map", "null_type", "type(1)", "type('a')", "type([1])")
	case "null":
		return "null"
	case "list":
		var parts []string
		for range m.IntN(4) {
			parts = append(parts, m.expr(of.item, 0))
		}
		return "[" + strings.Join(parts, ", ") + m.pick("", "", "", ",") + "]"
	case "map":
		var parts []string
		for range m.IntN(3) {
			parts = append(parts, m.expr(of.key, 0)+": "+m.expr(of.item, 0))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case "optional":
		return m.pick("optional.none()", "optional.of("+m.expr(of.item, 0)+")", "optional.ofNonZeroValue("+m.expr(of.item, 0)+")")
	case "dyn":
		return "dyn(" + m.expr(m.kind(0), 0) + ")"
	}
	if text := m.known(of); text != "" {
		return text
	}
	return "null"
}

// A type whose values have an order, and one that can be asked for equality.
func (m *maker) ordered() *kind { return plain(scalars[m.IntN(len(scalars))]) }

func (m *maker) any() *kind {
	if m.one(2) && len(m.places) > 0 {
		return m.places[m.IntN(len(m.places))].of
	}
	return m.kind(2)
}

func (m *maker) parens(text string) string {
	if m.one(3) {
		return text
	}
	return "(" + text + ")"
}

// One of the type that is asked for, or sometimes not.
func (m *maker) expr(of *kind, depth int) string {
	if m.Float64() < m.wrong {
		of = m.any()
	}
	if depth <= 0 || m.one(8) {
		if text := m.known(of); text != "" && !m.one(3) {
			return text
		}
		return m.literal(of)
	}
	if m.one(12) {
		return m.parens(m.expr(plain("bool"), depth-1) + " ? " + m.expr(of, depth-1) + " : " + m.expr(of, depth-1))
	}
	if m.one(25) {
		return "dyn(" + m.expr(of, depth-1) + ")"
	}
	if make, ok := makers[of.name]; ok {
		return make(m, of, depth)
	}
	return m.literal(of)
}

func (m *maker) binary(signs []string, left, right *kind, depth int) string {
	return m.parens(m.expr(left, depth-1) + " " + m.pick(signs...) + " " + m.expr(right, depth-1))
}

// A list or map to go over, the variable's name, and the maker that knows it.
func (m *maker) loop(item *kind, depth int) (string, string, *maker) {
	over := &kind{name: "list", item: item}
	if m.one(6) && (item.name == "string" || item.name == "int" || item.name == "uint" || item.name == "bool") {
		over = &kind{name: "map", key: item, item: m.kind(0)}
	}
	text := m.expr(over, depth-1)
	inner := *m
	inner.loops++
	name := "abcdefgh"[m.loops%8 : m.loops%8+1]
	if m.one(15) {
		name = m.pick("disk", "link", "x", "_a1", "in_")
	}
	inner.places = append(append([]place{}, below(name, item)...), m.places...)
	// What the loop's variable hides is not known by that name.
	if item.message == nil {
		inner.places = append([]place{{name, item}, {name, item}}, inner.places...)
	}
	return text, name, &inner
}

var makers map[string]func(m *maker, of *kind, depth int) string

func init() {
	makers = map[string]func(m *maker, of *kind, depth int) string{
		"bool": (*maker).boolean, "int": (*maker).integer, "uint": (*maker).natural, "double": (*maker).double,
		"string": (*maker).str, "bytes": (*maker).bytes, "duration": (*maker).duration, "timestamp": (*maker).timestamp,
		"list": (*maker).list, "map": (*maker).mapping, "optional": (*maker).maybe,
		"type": func(m *maker, _ *kind, depth int) string { return "type(" + m.expr(m.any(), depth-1) + ")" },
	}
}

func (m *maker) has() string {
	var fit []string
	for _, p := range m.places {
		if strings.Contains(p.text, ".") {
			fit = append(fit, p.text)
		}
	}
	if len(fit) == 0 || m.one(10) {
		return "has(" + m.pick(`{"a": 1}.a`, `{"a": 1}.b`, "dyn({'a': 1}).a", "disk", "'a'.b", "link.nope") + ")"
	}
	return "has(" + fit[m.IntN(len(fit))] + ")"
}

func (m *maker) quantified(depth int) string {
	over, name, inner := m.loop(m.item(), depth)
	return over + "." + m.pick("all", "exists", "exists_one") + "(" + name + ", " + inner.expr(plain("bool"), depth-1) + ")"
}

// What a list of the environment or of the generator holds.
func (m *maker) item() *kind {
	var lists []*kind
	for _, p := range m.places {
		if p.of.name == "list" {
			lists = append(lists, p.of.item)
		}
	}
	if len(lists) > 0 && m.one(2) {
		return lists[m.IntN(len(lists))]
	}
	return m.kind(1)
}

func (m *maker) boolean(_ *kind, depth int) string {
	text, d := plain("string"), depth-1
	switch m.IntN(14) {
	case 0, 1, 2:
		of := m.ordered()
		return m.binary([]string{"<", "<=", ">", ">="}, of, of, depth)
	case 3, 4:
		of := m.any()
		return m.binary([]string{"==", "!="}, of, of, depth)
	case 5, 6:
		return m.binary([]string{"&&", "||"}, plain("bool"), plain("bool"), depth)
	case 7:
		return "!" + m.parens(m.expr(plain("bool"), d))
	case 8:
		item := m.item()
		return m.binary([]string{"in"}, item, &kind{name: "list", item: item}, depth)
	case 9:
		if m.one(2) {
			key := plain(m.pick("string", "int", "uint"))
			return m.binary([]string{"in"}, key, &kind{name: "map", key: key, item: m.kind(0)}, depth)
		}
		return m.has()
	case 10:
		pattern := m.expr(text, d)
		if m.one(2) {
			pattern = m.pick(`"^nvme[0-9]+$"`, `r"sd[a-z]\d*"`, `"(?i)SAMSUNG.*"`, `"a|b"`, `"["`, `"^.{2,3}$"`)
		}
		return m.expr(text, d) + "." + m.pick("contains", "startsWith", "endsWith", "matches") + "(" + pattern + ")"
	case 11:
		if len(m.functions) > 0 && !m.one(8) {
			return "glob(" + m.expr(text, d) + ", " + m.expr(text, d) + ")"
		}
		return m.pick("matches(", "glob(", "bool(") + m.expr(text, d) + m.pick(", "+m.expr(text, d), "") + ")"
	case 12:
		if m.optional {
			return m.expr(&kind{name: "optional", item: m.kind(1)}, d) + ".hasValue()"
		}
		if m.one(2) {
			return "[" + m.pick("", "?") + m.expr(m.kind(0), d) + "] == []"
		}
	}
	return m.quantified(depth)
}

func (m *maker) integer(of *kind, depth int) string {
	d := depth - 1
	switch m.IntN(5) {
	case 0:
		return "-" + m.parens(m.expr(of, d))
	case 1:
		sized := []*kind{plain("string"), plain("bytes"), {name: "list", item: m.item()},
			{name: "map", key: plain("string"), item: m.kind(0)}}[m.IntN(4)]
		if m.one(2) {
			return m.expr(sized, d) + ".size()"
		}
		return "size(" + m.expr(sized, d) + ")"
	case 2:
		return "int(" + m.expr(plain(m.pick("int", "uint", "double", "string", "timestamp", "duration")), d) + ")"
	case 3:
		if m.one(3) {
			return m.expr(plain("duration"), d) + "." + m.pick("getHours", "getMinutes", "getSeconds", "getMilliseconds") + "()"
		}
		return m.expr(plain("timestamp"), d) + "." + m.pick("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek",
			"getDayOfYear", "getHours", "getMinutes", "getSeconds", "getMilliseconds") + "(" + m.pick("", "", `"UTC"`, `"+02:00"`) + ")"
	}
	return m.binary([]string{"+", "-", "*", "/", "%"}, of, of, depth)
}

func (m *maker) natural(of *kind, depth int) string {
	if m.one(4) {
		return "uint(" + m.expr(plain(m.pick("int", "uint", "double", "string")), depth-1) + ")"
	}
	return m.binary([]string{"+", "-", "*", "/", "%"}, of, of, depth)
}

func (m *maker) double(of *kind, depth int) string {
	switch m.IntN(4) {
	case 0:
		return "double(" + m.expr(plain(m.pick("int", "uint", "double", "string")), depth-1) + ")"
	case 1:
		return "-" + m.parens(m.expr(of, depth-1))
	}
	return m.binary([]string{"+", "-", "*", "/"}, of, of, depth)
}

func (m *maker) str(of *kind, depth int) string {
	switch m.IntN(4) {
	case 0:
		return "string(" + m.expr(plain(scalars[m.IntN(len(scalars))]), depth-1) + ")"
	case 1:
		if len(m.functions) > 1 {
			return "mac(" + m.expr(plain("bytes"), depth-1) + ")"
		}
	}
	return m.binary([]string{"+"}, of, of, depth)
}

func (m *maker) bytes(of *kind, depth int) string {
	if m.one(2) {
		return "bytes(" + m.expr(plain(m.pick("string", "bytes")), depth-1) + ")"
	}
	return m.binary([]string{"+"}, of, of, depth)
}

func (m *maker) duration(of *kind, depth int) string {
	switch m.IntN(3) {
	case 0:
		return "duration(" + m.expr(plain(m.pick("string", "duration")), depth-1) + ")"
	case 1:
		return m.binary([]string{"-"}, plain("timestamp"), plain("timestamp"), depth)
	}
	return m.binary([]string{"+", "-"}, of, of, depth)
}

func (m *maker) timestamp(of *kind, depth int) string {
	switch m.IntN(3) {
	case 0:
		return "timestamp(" + m.expr(plain(m.pick("string", "timestamp", "int")), depth-1) + ")"
	case 1:
		return m.binary([]string{"+"}, plain("duration"), of, depth)
	}
	return m.binary([]string{"+", "-"}, of, plain("duration"), depth)
}

func (m *maker) list(of *kind, depth int) string {
	d := depth - 1
	if m.optional && m.one(6) {
		maybes := m.expr(&kind{name: "list", item: &kind{name: "optional", item: of.item}}, d)
		return m.pick("optional.unwrap("+maybes+")", maybes+".unwrapOpt()")
	}
	switch m.IntN(4) {
	case 0:
		return m.binary([]string{"+"}, of, of, depth)
	case 1:
		over, name, inner := m.loop(of.item, depth)
		return over + ".filter(" + name + ", " + inner.expr(plain("bool"), d) + ")"
	case 2:
		over, name, inner := m.loop(m.item(), depth)
		test := ""
		if m.one(3) {
			test = inner.expr(plain("bool"), d) + ", "
		}
		return over + ".map(" + name + ", " + test + inner.expr(of.item, d) + ")"
	}
	parts := []string{}
	for range m.IntN(4) {
		parts = append(parts, m.expr(of.item, d))
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

func (m *maker) mapping(of *kind, depth int) string {
	parts := []string{}
	for range m.IntN(4) {
		parts = append(parts, m.expr(of.key, depth-1)+": "+m.expr(of.item, depth-1))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (m *maker) maybe(of *kind, depth int) string {
	d := depth - 1
	switch m.IntN(5) {
	case 2:
		return m.expr(&kind{name: "list", item: of.item}, d) + m.pick(".first()", ".last()")
	case 3:
		return m.expr(of, d) + m.pick(".optMap", ".optFlatMap") + "(v, " + m.expr(m.kind(0), d) + ")"
	case 0:
		return m.expr(&kind{name: "map", key: plain("string"), item: of.item}, d) + "[?" + m.expr(plain("string"), d) + "]"
	case 1:
		return m.expr(&kind{name: "list", item: of.item}, d) + "[?" + m.expr(plain("int"), d) + "]"
	}
	return m.expr(of, d) + ".or(" + m.expr(of, d) + ")"
}

// Takes away, doubles, exchanges or adds a few bytes or words.
func (m *maker) spoil(text string) string {
	words := strings.SplitAfter(text, " ")
	at := m.IntN(len(words))
	switch m.IntN(5) {
	case 0:
		words = append(words[:at], words[at+1:]...)
	case 1:
		words[at] += words[at]
	case 2:
		other := m.IntN(len(words))
		words[at], words[other] = words[other], words[at]
	case 3:
		words[at] += m.pick("(", ")", "[", "]", "{", "}", ",", ".", "!", "-", "&&", "||", "?", ":", " in ", "u", "'", `"`, "\\", "&", "|",
			"=", "==", " as ", "true", "null", "//x\n", "1", "a.b", "..", "`a`", " ", "\n", "\t", "é", "0x", "1e", "\x01", "#", "$", "%")
	case 4:
		from := m.IntN(len(text) + 1)
		return text[:from] + text[min(len(text), from+1+m.IntN(2)):]
	}
	return strings.Join(words, "")
}

func (m *maker) selector(answer string) string {
	m.wrong = []float64{0, 0, 0.02, 0.1}[m.IntN(4)]
	text := m.expr(plain(answer), 1+m.IntN(4))
	if m.one(8) {
		text = m.spoil(text)
	}
	return text
}
