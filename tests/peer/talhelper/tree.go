package main

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

// What a talconfig is made of: a map in order, a list, a string to be quoted where it must be, or
// raw text that stands as it is.
type (
	tree struct {
		keys   []string
		values []any
	}
	list struct{ items []any }
	raw  string
)

func (t *tree) set(key string, value any) *tree {
	for i, k := range t.keys {
		if k == key {
			t.values[i] = value
			return t
		}
	}
	t.keys = append(t.keys, key)
	t.values = append(t.values, value)
	return t
}

func (t *tree) get(key string) any {
	for i, k := range t.keys {
		if k == key {
			return t.values[i]
		}
	}
	return nil
}

func items(values ...any) *list { return &list{values} }

func strs(values ...string) *list {
	l := &list{}
	for _, v := range values {
		l.items = append(l.items, v)
	}
	return l
}

var plain = regexp.MustCompile(`^[A-Za-z/@<][A-Za-z0-9_./-]*$`)
var plainWords = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null)$`)

func quoted(r *rand.Rand, s string) string {
	switch {
	case plain.MatchString(s) && !plainWords.MatchString(s) && s[0] != '@' && r.IntN(4) > 0:
		return s
	case strings.ContainsAny(s, "\n\t") || r.IntN(3) == 0:
		s = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(s)
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// Prints a tree, each time alike for one seed.
type printer struct {
	*rand.Rand
	dollars bool // comments may hold what is no variable
	out     strings.Builder
}

func (p *printer) flow(v any) string {
	switch v := v.(type) {
	case *tree:
		parts := []string{}
		for i, k := range v.keys {
			parts = append(parts, quoted(p.Rand, k)+": "+p.flow(v.values[i]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case *list:
		parts := []string{}
		for _, item := range v.items {
			parts = append(parts, p.flow(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case raw:
		return string(v)
	case string:
		return quoted(p.Rand, v)
	}
	panic(fmt.Sprintf("%T in a tree", v))
}

// Nothing of it would read otherwise inside brackets.
func flows(v any) bool {
	switch v := v.(type) {
	case *tree:
		for i := range v.keys {
			if !flows(v.values[i]) {
				return false
			}
		}
	case *list:
		for _, item := range v.items {
			if !flows(item) {
				return false
			}
		}
	case raw:
		return v != "" && !strings.ContainsAny(string(v), "{}[],#\n")
	}
	return true
}

func (p *printer) block(s string, indent string) {
	mark := "|-"
	if strings.HasSuffix(s, "\n") {
		mark = "|"
		s = s[:len(s)-1]
	}
	p.out.WriteString(" " + mark + "\n")
	for _, line := range strings.Split(s, "\n") {
		if line != "" {
			p.out.WriteString(indent + line)
		}
		p.out.WriteString("\n")
	}
}

// What comes after "key:" or "-".
func (p *printer) value(v any, indent string) {
	if s, ok := v.(string); ok && strings.Contains(s, "\n") && s[0] != ' ' && s[0] != '\n' &&
		!strings.HasSuffix(s, "\n\n") && !strings.Contains(s, "\t") && p.IntN(4) > 0 {
		p.block(s, indent)
		return
	}
	t, isTree := v.(*tree)
	l, isList := v.(*list)
	if (!isTree && !isList) || (isTree && len(t.keys) == 0) || (isList && len(l.items) == 0) ||
		(flows(v) && p.IntN(4) == 0) {
		p.out.WriteString(" " + p.flow(v))
		if p.IntN(12) == 0 && p.dollars {
			p.out.WriteString(" # ${NOT_SET} and $x do not matter here")
		}
		p.out.WriteString("\n")
		return
	}
	p.out.WriteString("\n")
	if isTree {
		p.tree(t, indent)
		return
	}
	for _, item := range l.items {
		p.out.WriteString(indent + "-")
		if t, ok := item.(*tree); ok && len(t.keys) > 0 && p.IntN(4) > 0 {
			inner := &printer{Rand: p.Rand, dollars: p.dollars}
			inner.tree(t, indent+"  ")
			p.out.WriteString(" " + strings.TrimPrefix(inner.out.String(), indent+"  "))
			continue
		}
		p.value(item, indent+"  ")
	}
}

func (p *printer) tree(t *tree, indent string) {
	for i, k := range t.keys {
		if p.IntN(20) == 0 && p.dollars && (i > 0 || indent == "") {
			p.out.WriteString(indent + "# a comment: with {{ braces }} and ${UNSET}\n")
		}
		p.out.WriteString(indent + quoted(p.Rand, k) + ":")
		p.value(t.values[i], indent+"  ")
	}
}

func print(seed uint64, v any) string {
	return printWith(&printer{Rand: rand.New(rand.NewPCG(seed, 7)), dollars: true}, v)
}

func printWith(p *printer, v any) string {
	switch v := v.(type) {
	case *tree:
		p.tree(v, "")
	case string:
		return v
	}
	return p.out.String()
}

// Takes away what can be taken away while `keep` stays true.
func shrink(v any, keep func() bool) bool {
	again := false
	switch v := v.(type) {
	case *tree:
		for i := 0; i < len(v.keys); i++ {
			keys, values := v.keys, v.values
			v.keys = append(append([]string{}, keys[:i]...), keys[i+1:]...)
			v.values = append(append([]any{}, values[:i]...), values[i+1:]...)
			if keep() {
				again = true
				i--
				continue
			}
			v.keys, v.values = keys, values
			again = shrink(v.values[i], keep) || again
		}
	case *list:
		for i := 0; i < len(v.items); i++ {
			old := v.items
			v.items = append(append([]any{}, old[:i]...), old[i+1:]...)
			if keep() {
				again = true
				i--
				continue
			}
			v.items = old
			again = shrink(v.items[i], keep) || again
		}
	}
	return again
}
