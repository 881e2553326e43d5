package main

import (
	"strings"
)

// A piece of YAML as it will be written: scalars keep their very text, quotes included.
type node struct {
	text   string // of a scalar; "" with neither list nor mapping is null
	list   []*node
	keys   []string
	child  []*node
	kind   kind
	inline bool   // of a document: in one line
	anchor string // written before the value
}

type kind int

const (
	isScalar kind = iota
	isList
	isMap
)

func scalar(text string) *node { return &node{text: text} }

func (n *node) add(key string, value *node) *node {
	n.keys = append(n.keys, key)
	n.child = append(n.child, value)
	return n
}

func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for i, k := range n.keys {
		if k == key {
			return n.child[i]
		}
	}
	return nil
}

func (n *node) set(key string, value *node) {
	for i, k := range n.keys {
		if k == key {
			n.child[i] = value
			return
		}
	}
	n.add(key, value)
}

func mapping() *node { return &node{kind: isMap} }

func sequence(items ...*node) *node { return &node{kind: isList, list: items} }

func (n *node) copy() *node {
	if n == nil {
		return nil
	}
	out := &node{text: n.text, kind: n.kind, anchor: n.anchor, inline: n.inline, keys: append([]string{}, n.keys...)}
	for _, c := range n.child {
		out.child = append(out.child, c.copy())
	}
	for _, c := range n.list {
		out.list = append(out.list, c.copy())
	}
	return out
}

func (n *node) write(out *strings.Builder, indent int) {
	pad := strings.Repeat(" ", indent)
	if n.anchor != "" {
		out.WriteString(" &" + n.anchor)
	}
	switch {
	case n.kind == isMap && len(n.keys) == 0:
		out.WriteString(" {}\n")
	case n.kind == isList && len(n.list) == 0:
		out.WriteString(" []\n")
	case n.kind == isMap:
		out.WriteString("\n")
		for i, key := range n.keys {
			out.WriteString(pad + key + ":")
			n.child[i].write(out, indent+2)
		}
	case n.kind == isList:
		out.WriteString("\n")
		for _, item := range n.list {
			out.WriteString(pad + "-")
			item.write(out, indent+2)
		}
	case n.text == "":
		out.WriteString("\n")
	default:
		out.WriteString(" " + strings.ReplaceAll(n.text, "\n", "\n"+pad) + "\n")
	}
}

// The same in one line, as JSON is written.
func (n *node) flow(out *strings.Builder) {
	switch n.kind {
	case isMap:
		out.WriteString("{")
		for i, key := range n.keys {
			if i > 0 {
				out.WriteString(", ")
			}
			out.WriteString(`"` + strings.Trim(key, `"`) + `": `)
			n.child[i].flow(out)
		}
		out.WriteString("}")
	case isList:
		out.WriteString("[")
		for i, item := range n.list {
			if i > 0 {
				out.WriteString(", ")
			}
			item.flow(out)
		}
		out.WriteString("]")
	default:
		if n.text == "" {
			out.WriteString("null")
		}
		if strings.HasPrefix(n.text, ":") {
			out.WriteString(`"` + n.text + `"`)
			return
		}
		out.WriteString(n.text)
	}
}

// Every node below and the node itself.
func (n *node) all() []*node {
	out := []*node{n}
	for _, c := range append(append([]*node{}, n.child...), n.list...) {
		out = append(out, c.all()...)
	}
	return out
}

// One document's text.
func (n *node) String() string {
	out := &strings.Builder{}
	if n.inline {
		n.flow(out)
		return out.String() + "\n"
	}
	n.write(out, 0)
	return strings.TrimLeft(out.String(), "\n ")
}

// A file of documents.
func documents(docs []*node) string {
	parts := []string{}
	for _, doc := range docs {
		parts = append(parts, doc.String())
	}
	return strings.Join(parts, "---\n")
}

// Calls visit with every way to make the tree smaller by one step; stops when visit says so.
func (n *node) smaller(visit func() bool) bool {
	for i := range n.keys {
		keys, child := n.keys, n.child
		n.keys = append(append([]string{}, keys[:i]...), keys[i+1:]...)
		n.child = append(append([]*node{}, child[:i]...), child[i+1:]...)
		if visit() {
			return true
		}
		n.keys, n.child = keys, child
	}
	for i := range n.list {
		list := n.list
		n.list = append(append([]*node{}, list[:i]...), list[i+1:]...)
		if visit() {
			return true
		}
		n.list = list
	}
	for _, c := range n.child {
		if c.smaller(visit) {
			return true
		}
	}
	for _, c := range n.list {
		if c.smaller(visit) {
			return true
		}
	}
	return false
}
