package main

import (
	"fmt"
	"math/rand"
	"strings"
)

// writer makes random YAML files with comments, in the many ways in which people write them.
type writer struct {
	random *rand.Rand
	out    strings.Builder
	indent int
	flat   bool // list dashes not indented below their key
	noted  int
	first  bool // the next entry stands behind a dash
}

var words = []string{
	"token", "secret", "crt", "key", "name", "url", "list", "deep", "y", "no", "on", "null", "a b",
	"żółć", "plain_unencrypted", "hidden_sealed", "with: colon", "hash # mark", "~x", "'quoted'", "-",
}

func (w *writer) one(choices ...string) string { return choices[w.random.Intn(len(choices))] }

func (w *writer) text() string {
	switch w.random.Intn(9) {
	case 0:
		return w.one("", " ", "  leading", "trailing ", "a: b", "a # b", "#x", "- x", "{}", "[a", "%", "@", "`", "*a", "&a", "!b", "|", ">")
	case 1:
		return w.one("yes", "no", "true", "null", "~", "1", "0x1F", "1e3", "2001-12-14", "12:30:45", ".inf", "<<", "=")
	case 2:
		return w.one("żółć ☃", "😀 face", "tab\there", "quote\"s", "it's", "back\\slash", "\u00a0", "\u2028x", "a\u0085b")
	case 3:
		return strings.Repeat(w.one("line one\n", "x\n", "  indented\n", "\n"), 1+w.random.Intn(3)) + w.one("", "end", "end\n")
	case 4:
		return strings.Repeat("0123456789abcdef", w.random.Intn(200))
	default:
		return fmt.Sprintf("value %d", w.random.Intn(1000))
	}
}

func doubleQuoted(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			out.WriteByte('\\')
			out.WriteRune(c)
		case c == '\n':
			out.WriteString("\\n")
		case c == '\t':
			out.WriteString("\\t")
		case c < ' ' || c == 0x85 || c == 0xa0 || c == 0x2028 || c > 0xffff:
			fmt.Fprintf(&out, "\\U%08X", c)
		default:
			out.WriteRune(c)
		}
	}
	out.WriteByte('"')
	return out.String()
}

func (w *writer) scalar() string {
	switch w.random.Intn(8) {
	case 0:
		return w.one("1", "-17", "0", "0x1F", "0o17", "1_000", "9223372036854775807", "-9223372036854775808", "0b11")
	case 1:
		return w.one("1.5", "-0.25", "1e3", "1e100", "1.10", "3.0", "1e-7", "123456789.125", ".5")
	case 2:
		return w.one("true", "false")
	case 3:
		return w.one("null", "~", "")
	case 4:
		return w.one("2001-12-14", "2001-12-14T21:59:43.10-05:00", "2001-12-14 21:59:43", "2001-1-2", "2001-12-14T21:59:43Z")
	default:
		return doubleQuoted(w.text())
	}
}

func (w *writer) note() string {
	w.noted++
	return fmt.Sprintf("#%s%d", w.one("", " ", " about ", " it's \"quoted\" # twice ", " ż "), w.noted)
}

func (w *writer) pad(column int) { w.out.WriteString(strings.Repeat(" ", column)) }

func (w *writer) head(column int) {
	for w.random.Intn(6) == 0 {
		w.pad(column)
		w.out.WriteString(w.note() + "\n")
	}
}

// value goes on behind a key or a dash, up to the end of the line or of the block.
func (w *writer) value(column, depth int, inList bool) {
	kind := w.random.Intn(10)
	switch {
	case kind < 2 && depth > 0 && !inList:
		w.out.WriteString("\n")
		w.entries(column+w.indent, depth-1)
	case kind < 2 && depth > 0:
		w.out.WriteString(" ")
		w.first = true
		w.entries(column+2, depth-1)
	case kind < 4 && depth > 0 && !inList:
		w.out.WriteString("\n")
		if w.flat {
			w.items(column, depth-1)
		} else {
			w.items(column+w.indent, depth-1)
		}
	case kind == 4:
		w.out.WriteString(" " + w.one("[]", "{}", "[1, two, \"# three\"]", "{a: 1, b: {c: \"x: y\"}}", "[[1], {a: 2}]") + "\n")
	case kind == 5 && !inList:
		w.block(column)
	default:
		scalar := w.scalar()
		if scalar != "" {
			w.out.WriteString(" " + scalar)
		}
		if scalar != "" && w.random.Intn(5) == 0 {
			w.out.WriteString(" " + w.note())
		}
		w.out.WriteString("\n")
	}
}

func (w *writer) block(column int) {
	w.out.WriteString(" " + w.one("|", "|-", "|+", ">-") + "\n")
	for i := w.random.Intn(3) + 1; i > 0; i-- {
		w.pad(column + w.indent)
		w.out.WriteString(w.one("text", "# no comment", "a: b", "- x") + "\n")
	}
}

func (w *writer) entries(column, depth int) {
	used := map[string]bool{}
	for i := w.random.Intn(4) + 1; i > 0; i-- {
		key := w.one(words...)
		if used[key] {
			continue
		}
		used[key] = true
		if w.first {
			w.first = false
		} else {
			w.head(column)
			w.pad(column)
		}
		w.out.WriteString(doubleQuoted(key) + ":")
		w.value(column, depth, false)
		if column == 0 && w.random.Intn(6) == 0 {
			w.out.WriteString("\n")
		}
	}
}

func (w *writer) items(column, depth int) {
	for i := w.random.Intn(4) + 1; i > 0; i-- {
		w.head(column)
		w.pad(column)
		w.out.WriteString("-")
		w.value(column, depth, true)
	}
}

func randomFile(random *rand.Rand) string {
	w := &writer{random: random, indent: 2 + 2*random.Intn(2), flat: random.Intn(3) == 0}
	documents := 1
	if random.Intn(8) == 0 {
		documents = 2 + random.Intn(2)
	}
	for i := 0; i < documents; i++ {
		if i > 0 {
			w.out.WriteString("---\n")
		}
		w.entries(0, 4)
		w.head(0)
	}
	return w.out.String()
}
