package main

import (
	"fmt"
	"math/rand"
	"strings"
)

// Makes texts from parts that mean something, most of them valid.
type maker struct {
	*rand.Rand
	cases *file
}

func (m *maker) pick(from ...string) string {
	return from[m.Intn(len(from))]
}

func (m *maker) next() *textCase {
	switch m.Intn(4) {
	case 0:
		return &textCase{Kind: "substitute", Text: m.substitution(), Data: m.cases.Env}
	case 1:
		return &textCase{Kind: "dotenv", Text: m.dotenv()}
	default:
		return &textCase{Kind: "template", Text: m.template(3), Data: m.cases.Data}
	}
}

func (m *maker) times(most int, part func() string) string {
	var out strings.Builder
	for i := m.Intn(most + 1); i > 0; i-- {
		out.WriteString(part())
	}
	return out.String()
}

func (m *maker) substitution() string {
	name := func() string { return m.pick("IP", "NAME", "EMPTY", "NOPE", "patch", "_", "_X", "1", "é") }
	return m.times(6, func() string {
		switch m.Intn(8) {
		case 0:
			return "$" + name()
		case 1:
			return "${" + name() + "}"
		case 2, 3:
			return "${" + name() + m.pick("-", ":-", "=", ":=", "+", ":+", ":?", "?", ":", ":0:2") +
				m.pick("", "text", "a b", "$NAME", "$NOPE", "http://x:1/", "--1", "x$NAME") + "}"
		case 4:
			return "$$" + m.pick("", "{", "NAME", "$")
		case 5:
			return m.pick("$", "$(", "${}", "$.", "${-}", "${ NAME}", "}", "{", "$-", "${?}", "${:x}")
		default:
			return m.pick("text ", "\n", ": ", "a-b", "é", "\"", "# c ")
		}
	})
}

func (m *maker) dotenv() string {
	return m.times(5, func() string {
		value := m.pick("", "x", "a b", "'it $A'", "\"q $A\\n\\t\\\\z\"", "v # c", "v#c", "$A", "${A}-${B}",
			"\\$A", "\"${NO}x\"", "'x", "a 'b'", "\"a\\\"b\"", "# x", "1:2", "a=b", "\"m\nn\"", "{a: b}",
			"$(A)", "x # y # z", "\"\"", "''", "\"x\" # c")
		return m.pick("", "", "", "export ", " ", "# ", "\t") + m.pick("A", "B", "a.b", "A_1", "é", "A B", "x-y") +
			m.pick("=", ": ", " = ", ":", "=  ", "") + value + m.pick("\n", "\n", "\n", "\r\n", "\n\n", "", "\n---\n")
	})
}

func (m *maker) text() string {
	return m.pick("a", " ", "\n", "x: ", "{ }", "é", "\t", "  \n  ")
}

func (m *maker) open() string {
	return m.pick("{{", "{{", "{{ ", "{{- ")
}

func (m *maker) close() string {
	return m.pick("}}", "}}", " }}", " -}}")
}

func (m *maker) template(depth int) string {
	return m.times(4, func() string {
		if depth == 0 {
			return m.text()
		}
		o, c := m.open(), m.close()
		switch m.Intn(14) {
		case 0:
			return fmt.Sprintf("%sif %s%s%s{{else}}%s{{end}}", o, m.pipe(depth), c, m.template(depth-1),
				m.template(depth-1))
		case 1:
			return fmt.Sprintf("%sif %s%s%s{{else if %s}}%s%send%s", o, m.pipe(depth), c,
				m.template(depth-1), m.pipe(depth), m.template(depth-1), o, c)
		case 2:
			return fmt.Sprintf("{{range %s%s}}%s{{else}}%s{{end}}", m.pick("", "$i, $v := ", "$v := "),
				m.pick(".list", ".map", ".empty", "3", "(until 3)", ".nodes", ".none", "0", ".text"),
				m.template(depth-1)+m.pick("", "{{.}}", "{{$v}}", "{{break}}", "{{if .}}{{continue}}{{end}}"),
				m.template(depth-1))
		case 3:
			return fmt.Sprintf("%s%s %s%s%s%s{{end}}", o, "with", m.pipe(depth), c, m.template(depth-1)+"{{.}}",
				m.pick("", "{{else}}n", "{{else with .text}}{{.}}"))
		case 4:
			return fmt.Sprintf("{{$x := %s}}{{$x}}%s", m.pipe(depth), m.pick("", "{{$x = 1}}{{$x}}"))
		case 5:
			return fmt.Sprintf("{{define \"d%d\"}}%s{{end}}{{template \"d%d\" %s}}", m.Intn(1000000),
				m.template(0), m.Intn(3), m.pipe(1))
		case 6:
			return m.pick("{{/* c */}}", "{{- /* c */ -}}", "{{block \"b\" .}}{{.text}}{{end}}", "{{/*c}}")
		case 7, 8:
			return m.text()
		default:
			return o + m.pipe(depth) + c
		}
	})
}

func (m *maker) operand(depth int) string {
	switch m.Intn(8) {
	case 0:
		return m.pick("1", "0", "-3", "2.5", "1e3", "0x10", "'a'", "1_000", "1.0", "12345", "0o17")
	case 1:
		return m.pick(`"x"`, `"a b"`, "`raw`", `""`, `"a,b,c"`, `"\u00e9\n"`, `"10"`, `"A-b"`)
	case 2:
		return m.pick("true", "false", "nil", ".")
	case 3:
		if depth > 0 {
			return "(" + m.pipe(depth-1) + ")" + m.pick("", "", "", ".a")
		}
	}
	return m.pick(".text", ".number", ".real", ".yes", ".no", ".list", ".map", ".map.a", ".map.b.c", ".none",
		".missing", ".missing.x", ".none.x", ".empty", ".nodes", ".words", "$.text", "$", ".text.x")
}

// Names with the kinds of their arguments: s string, i int, a anything, l list, m map, b bool.
var calls = [][2]string{
	{"upper", "s"}, {"lower", "s"}, {"title", "s"}, {"untitle", "s"}, {"trim", "s"}, {"nospace", "s"},
	{"trimAll", "ss"}, {"trimPrefix", "ss"}, {"trimSuffix", "ss"}, {"repeat", "is"}, {"substr", "iis"},
	{"trunc", "is"}, {"contains", "ss"}, {"hasPrefix", "ss"}, {"hasSuffix", "ss"}, {"quote", "aa"},
	{"squote", "aa"}, {"cat", "aaa"}, {"indent", "is"}, {"nindent", "is"}, {"replace", "sss"},
	{"plural", "ssi"}, {"split", "ss"}, {"splitList", "ss"}, {"splitn", "sis"}, {"toString", "a"},
	{"toStrings", "a"}, {"join", "sa"}, {"sortAlpha", "l"}, {"list", "aaa"}, {"first", "l"}, {"last", "l"},
	{"rest", "l"}, {"initial", "l"}, {"append", "la"}, {"prepend", "la"}, {"concat", "ll"}, {"reverse", "l"},
	{"has", "al"}, {"without", "la"}, {"uniq", "l"}, {"compact", "l"}, {"dict", "saSa"}, {"get", "ms"},
	{"set", "mss"}, {"unset", "ms"}, {"hasKey", "ms"}, {"pluck", "sm"}, {"pick", "ms"}, {"omit", "ms"},
	{"merge", "mm"}, {"mergeOverwrite", "mm"}, {"dig", "ssam"}, {"default", "aa"}, {"empty", "a"},
	{"coalesce", "aaa"}, {"ternary", "aab"}, {"int", "a"}, {"int64", "a"}, {"float64", "a"}, {"atoi", "s"},
	{"add", "aa"}, {"add1", "a"}, {"sub", "aa"}, {"mul", "aa"}, {"div", "aa"}, {"mod", "aa"}, {"max", "aa"},
	{"min", "aa"}, {"floor", "a"}, {"ceil", "a"}, {"round", "ai"}, {"until", "i"}, {"untilStep", "iii"},
	{"seq", "ii"}, {"kindOf", "a"}, {"typeOf", "a"}, {"toJson", "a"}, {"toRawJson", "a"}, {"toPrettyJson", "a"},
	{"fromJson", "j"}, {"b64enc", "s"}, {"b64dec", "e"}, {"sha256sum", "s"}, {"len", "l"}, {"index", "li"},
	{"index", "ms"}, {"slice", "lii"}, {"eq", "aa"}, {"ne", "aa"}, {"lt", "aa"}, {"le", "aa"}, {"gt", "aa"},
	{"ge", "aa"}, {"and", "aa"}, {"or", "aa"}, {"not", "a"}, {"print", "aaa"}, {"println", "aa"},
	{"printf", "faa"}, {"html", "a"}, {"js", "s"}, {"urlquery", "a"}, {"regexMatch", "rs"},
	{"quote", "a"}, {"deepEqual", "aa"},
	{"regexFind", "rs"}, {"regexFindAll", "rsi"}, {"regexReplaceAll", "rsR"}, {"regexReplaceAllLiteral", "rsR"},
	{"regexSplit", "rsi"}, {"regexQuoteMeta", "r"}, {"mustRegexFindAll", "rsi"}, {"mustRegexReplaceAll", "rsR"},
	{"camelcase", "s"}, {"snakecase", "s"}, {"kebabcase", "s"}, {"swapcase", "s"}, {"initials", "s"}, {"wrap", "is"},
	{"wrapWith", "iss"}, {"abbrev", "is"}, {"abbrevboth", "iis"}, {"base", "p"}, {"dir", "p"}, {"clean", "p"}, {"ext", "p"},
	{"isAbs", "p"}, {"osBase", "p"}, {"osDir", "p"}, {"osClean", "p"}, {"osExt", "p"}, {"osIsAbs", "p"}, {"b32enc", "s"},
	{"b32dec", "E"}, {"sha1sum", "s"}, {"sha512sum", "s"}, {"adler32sum", "s"}, {"semverCompare", "cv"}, {"semver", "v"},
	{"addf", "nn"}, {"subf", "nn"}, {"mulf", "nnn"}, {"divf", "nn"}, {"add1f", "n"}, {"maxf", "nn"}, {"minf", "nn"},
	{"toDecimal", "o"}, {"chunk", "il"}, {"deepCopy", "a"}, {"typeIsLike", "ka"},
	{"any", "aa"}, {"all", "aa"}, {"trimall", "ss"},
}

func (m *maker) argument(kind byte, depth int) string {
	if m.Intn(12) == 0 {
		return m.operand(depth)
	}
	switch kind {
	case 's':
		return m.pick(".text", `"x"`, `"a,b,c"`, `"a"`, `","`, `"-"`, "$.map.a", `" pad "`, `""`, `"Wörd two"`, `"aXbX"`, `"aabab,aaa"`, `"fooBarHTTP2xx_v1-x"`)
	case 'p':
		return m.pick(`"a/b/../c"`, `"/"`, `""`, `"/a//b/./c/"`, `"../../x"`, `"a.tar.gz"`, `"/.."`, `".hidden"`, `"a/.."`, `"."`,
			`"dir.d/file"`, `"/a/../../b/"`, `".text"`, ".text", `"../a/../.."`)
	case 'E':
		return m.pick(`"NBUQ===="`, `"PA======"`, `"nbuq"`, `"ABCDEFGH"`, `"AB=CDEFG"`, `""`, `"A"`, `"MFRGG==="`, "(b32enc .text)")
	case 'v':
		return m.pick(`"1.2.3"`, `"v1.2"`, `"1"`, `"1.2.3-alpha.1"`, `"1.2.3-alpha.beta+meta"`, `"x"`, `"01.2"`, `"1.2.3-01"`, `"0.0.3"`,
			`"0.1.0"`, `"2.0.0"`, `"v1.13.9"`, `"1.2.3-"`, `"1.2.3.4"`, `"1.2.3-rc.10"`, `"0.0.0"`, `"1.2.4"`, `"1.3.0"`)
	case 'c':
		return m.pick(`"1.2.3"`, `">= 1.2"`, `"~1.2.3"`, `"^1.2"`, `"^0.0.3"`, `"^0.1"`, `"1.x"`, `"*"`, `"!=1.2.3"`, `"!=1.2"`, `"!=1"`,
			`">1"`, `">1.2"`, `"<=1.2"`, `"<=1"`, `"< 2, >= 1.1"`, `"<2 >1 || 0.0.x"`, `"1.2 - 1.4.5"`, `">=1.2.3-0"`, `"~1.2.3-rc.2"`,
			`"~>1.2"`, `"=<1.3"`, `"=>1.3"`, `"^0.0"`, `"^0"`, `"~0"`, `"~0.0.0"`, `"=1.2.3+x"`, `""`, `"||"`, `"1,2"`, `"1, 2 - 3"`, `"^1 - 2"`,
			`">x"`, `"!=*"`, `"<*"`, `"<=x"`, `"1.2.3.4"`, `"v1 - v2 || 3"`, `">= 1.13.0-0 <1.14"`, `"!=1.2.x-alpha"`, `"x.2"`, `"1x"`)
	case 'n':
		return m.pick("0.1", "0.2", "1", "3", "1.5", "-2.25", `"0.3"`, "1e10", "100.01", "7", ".real", ".number", "0", "1e-7", "33.333",
			"12345.6789")
	case 'o':
		return m.pick(`"0777"`, "777", `"644"`, `"8"`, `"x"`, `"-17"`, `"+7"`, ".number", "nil", `""`)
	case 'k':
		return m.pick(`"string"`, `"int"`, `"*string"`, `"float64"`, `"[]interface {}"`)
	case 'S':
		return m.pick(`"k1"`, `"k2"`)
	case 'i':
		return m.pick("0", "1", "2", "5", "-1", "-2", "3", ".number")
	case 'l':
		return m.pick(".list", ".words", ".empty", ".nodes", `(list 1 "a" nil)`, "(list)", `(splitList "," "b,a,b")`)
	case 'm':
		return m.pick(".map", `(dict "a" 1)`, `(dict "a" 1 "b" (dict "c" 2))`, "(dict)", ".map.b")
	case 'b':
		return m.pick("true", "false", ".yes", "(eq 1 1)")
	case 'j':
		return m.pick(`"{\"a\": [1, 2.5, null]}"`, `"[true]"`, `"3"`, `"x"`, `"\"s\""`)
	case 'e':
		return m.pick(`"aGk="`, `"eA=="`)
	case 'r':
		return m.pick(`"a+"`, `"^x$"`, `"(a|b)(c?)"`, `"[a-c],"`, `"X*?"`, `"\\w+"`, `"(?i)W"`, `"^"`, `"b*"`,
			`"(?P<n>[a-z])(X)?"`, `"(a*)*"`, `"(a|ab)(c|bcd)?"`, `"x*?|b"`, `"\\b"`, `"(?:a|b|,)+?"`, `"(.)(.)?$"`, `"a{1,2}?b{0,3}"`,
			`"(|a)+"`, `"(?m)^.|$"`, `"[^a]"`, `"("`, `"\\."`, `"(a+)(b+)"`, `"(?s)(.*?),(.*)"`, `"((a)|(b)|,)*"`, `"W.r"`)
	case 'R':
		return m.pick(`"-"`, `"<$1>"`, `"${2}x"`, `"$0"`, `"$$"`, `""`, `"$1x"`, `"[$n]"`,
			`"${n}${2}"`, `"$"`, `"${"`, `"$00"`, `"$x$1$2"`, `"${1"`)
	case 'f':
		return m.pick(`"%s"`, `"%d"`, `"%v %v"`, `"%q"`, `"%x|%X"`, `"%t"`, `"%05d|%-5s|"`, `"%8.3f"`, `"%+d"`, `"%%"`,
			`"%T %T"`, `"%c%U"`, `"%e"`, `"%g"`, `"%3v|%-3v|"`, `"%!"`, `"%"`, `"%08.2f|%x"`, `"%.2s|%5t"`, `"%b %o"`, `"%*d"`,
			`"%#x %#v"`, `"% d"`, `"%[1]d %[1]v"`, `"%[2]v %[1]v"`, `"%[3]v"`, `"%[2]*[1]d"`, `"%[x]d"`, `"%[1"`, `"%[2]5v"`, `"%#v|%#v"`,
			`"%+q %x"`, `"%[1].2f"`, `"%.[1]2f"`, `"%[0]d"`, `"%[1]*d|"`, `"% x|%#q"`, `"%#v"`)
	}
	return m.operand(depth)
}

func (m *maker) call(depth int, piped bool) string {
	f := calls[m.Intn(len(calls))]
	kinds := f[1]
	if piped {
		kinds = kinds[:len(kinds)-1]
	}
	out := f[0]
	for i := range kinds {
		out += " " + m.argument(kinds[i], depth-1)
	}
	return out
}

func (m *maker) pipe(depth int) string {
	var out string
	if m.Intn(3) == 0 {
		out = m.operand(depth)
	} else {
		out = m.call(depth, false)
	}
	for m.Intn(4) == 0 {
		out += m.pick(" | ", "|") + m.call(depth, true)
	}
	return out
}
