package main

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
)

type maker struct {
	*rand.Rand
	kinds []documentKind
	wild  float64 // how often a value is of the wrong type
}

func (m *maker) chance(p float64) bool { return m.Float64() < p }

func pick[T any](m *maker, from []T) T { return from[m.IntN(len(from))] }

var names = []string{"eth0", "eth1", "bond0", "a", "b", "10.0.0.1", "EPHEMERAL", "STATE", "1000", "x-y"}

var freeKeys = []string{"a", "b", "c", "1", "x.y", "key10", "key9", "a-b", "y", "on", "kind", "ü"}

func (m *maker) key() string {
	key := pick(m, freeKeys)
	if m.chance(0.1) {
		key = fmt.Sprintf("k%d", m.IntN(30))
	}
	if key == "1" || key == "y" || key == "on" {
		return `"` + key + `"`
	}
	return key
}

// Any YAML.
func (m *maker) free(depth int) *node {
	switch {
	case depth > 0 && m.chance(0.3):
		out := mapping()
		for range m.IntN(4) {
			out.set(m.key(), m.free(depth-1))
		}
		return out
	case depth > 0 && m.chance(0.2):
		out := sequence()
		for range m.IntN(3) {
			out.list = append(out.list, m.free(depth-1))
		}
		return out
	}
	return scalar(pick(m, candidates))
}

func (m *maker) freeMap(depth int) *node {
	out := mapping()
	for range 1 + m.IntN(3) {
		out.set(m.key(), m.free(depth))
	}
	return out
}

// An empty value that a type takes.
func (m *maker) nothing(typ reflect.Type) *node {
	if m.chance(0.5) {
		return scalar(pick(m, []string{"null", "", "~"}))
	}
	switch {
	case typ.Kind() == reflect.Slice && !readsItself(typ):
		return sequence()
	case typ.Kind() == reflect.Map || (typ.Kind() == reflect.Struct && !readsItself(typ)):
		return mapping()
	}
	return scalar("null")
}

// A value of a type; `left` is what it will be merged over, nil for nothing.
func (m *maker) value(typ reflect.Type, left *node, depth int) *node {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if m.chance(m.wild) {
		return m.free(2)
	}
	if m.chance(0.02) {
		return m.nothing(typ)
	}
	if typ.Kind() == reflect.Slice && typ.Elem().Kind() == reflect.Struct {
		return m.items(typ.Elem(), left, depth)
	}
	if readsItself(typ) {
		return m.leaf(typ, left)
	}
	switch typ.Kind() {
	case reflect.Struct:
		if isFree(typ) {
			return m.freeOver(left)
		}
		return m.fields(typ, left, depth)
	case reflect.Slice:
		if typ.Elem().Kind() == reflect.Uint8 {
			return m.leaf(typ, left)
		}
		return m.items(typ.Elem(), left, depth)
	case reflect.Map:
		if typ.Elem().Kind() == reflect.Interface {
			return m.freeOver(left)
		}
		out := mapping()
		for range m.IntN(3) {
			key := m.key()
			if left != nil && len(left.keys) > 0 && m.chance(0.5) {
				key = pick(m, left.keys)
			}
			out.set(key, m.value(typ.Elem(), left.get(key), depth-1))
		}
		return out
	}
	return m.leaf(typ, left)
}

func (m *maker) freeOver(left *node) *node {
	out := mapping()
	if left == nil || left.kind != isMap || len(left.keys) == 0 || m.chance(0.2) {
		return m.freeMap(2)
	}
	for range 1 + m.IntN(2) {
		key := pick(m, left.keys)
		old := left.get(key)
		switch {
		case m.chance(0.1):
			out.set(m.key(), m.free(2))
		case old.kind == isMap && m.chance(0.8):
			out.set(key, m.freeOver(old))
		case old.kind == isList && m.chance(0.8):
			out.set(key, sequence(m.free(1)))
		case m.chance(0.2):
			out.set(key, scalar(pick(m, []string{`""`, "0", "false", "null", "0.0"})))
		default:
			out.set(key, m.free(1))
		}
	}
	return out
}

func (m *maker) leaf(typ reflect.Type, left *node) *node {
	p := poolOf(typ)
	if left != nil && left.kind == isScalar && m.chance(0.1) {
		return left.copy()
	}
	if len(p.good) == 0 || (len(p.bad) > 0 && m.chance(m.wild)) {
		return scalar(pick(m, p.bad))
	}
	if m.chance(0.15) {
		zero := pick(m, []string{`""`, "0", "false", "0s"})
		for _, good := range p.good {
			if good == zero {
				return scalar(zero)
			}
		}
	}
	return scalar(pick(m, p.good))
}

func (m *maker) items(typ reflect.Type, left *node, depth int) *node {
	out := sequence()
	if depth <= 0 {
		return out
	}
	for range m.IntN(3) {
		var old *node
		if left != nil && len(left.list) > 0 {
			old = pick(m, left.list)
		}
		item := m.value(typ, old, depth-1)
		// the first field again, by which elements of a list are often found
		if old != nil && old.kind == isMap && item.kind == isMap && len(old.keys) > 0 && m.chance(0.7) {
			key := pick(m, old.keys)
			item.set(key, old.get(key).copy())
		}
		out.list = append(out.list, item)
	}
	return out
}

func (m *maker) fields(typ reflect.Type, left *node, depth int) *node {
	fields := fieldsOf(typ)
	out := mapping()
	if len(fields) == 0 || depth <= 0 {
		return out
	}
	count := 1 + m.IntN(3)
	if m.chance(0.1) {
		count = len(fields)
	}
	for range count {
		f := pick(m, fields)
		if left != nil && len(left.keys) > 0 && m.chance(0.6) {
			key := pick(m, left.keys)
			for _, candidate := range fields {
				if candidate.name == key {
					f = candidate
				}
			}
		}
		if f.name == "kind" || f.name == "apiVersion" {
			continue
		}
		out.set(f.name, m.value(f.typ, left.get(f.name), depth-1))
	}
	if m.chance(m.wild / 4) {
		out.set(m.key(), m.free(1))
	}
	return out
}

func (m *maker) document(kind documentKind, left *node) *node {
	out := mapping()
	body := m.fields(kind.typ, left, 6)
	if kind.kind != "v1alpha1" {
		out.add("apiVersion", scalar("v1alpha1")).add("kind", scalar(kind.kind))
	} else if !m.chance(0.02) && body.get("machine") == nil && body.get("cluster") == nil {
		out.add("machine", mapping())
	}
	if kind.named {
		name := pick(m, names)
		if left != nil && left.get("name") != nil {
			name = left.get("name").text
		}
		if !m.chance(0.02) {
			out.add("name", scalar(`"`+strings.Trim(name, `"`)+`"`))
		}
	}
	for i, key := range body.keys {
		if key != "name" || !kind.named {
			out.set(key, body.child[i])
		}
	}
	return out
}

func (m *maker) kindOf(document *node) (documentKind, bool) {
	kind := "v1alpha1"
	if k := document.get("kind"); k != nil {
		kind = k.text
	}
	for _, known := range m.kinds {
		if known.kind == kind {
			return known, true
		}
	}
	return documentKind{}, false
}

func (m *maker) mainKind() documentKind {
	for _, kind := range m.kinds {
		if kind.kind == "v1alpha1" {
			return kind
		}
	}
	panic("there is no v1alpha1 document")
}

func (m *maker) config() []*node {
	docs := []*node{}
	if m.chance(0.6) {
		docs = append(docs, m.document(m.mainKind(), nil))
	}
	if m.chance(0.5) && len(docs) > 0 {
		return docs
	}
	for range 1 + m.IntN(2) {
		docs = append(docs, m.document(pick(m, m.kinds), nil))
	}
	return docs
}

// Puts `$patch: delete` somewhere.
func (m *maker) deletion(patch, left *node) {
	at, old := patch, left
	for {
		if at.kind == isScalar || (m.chance(0.3) && (at != patch || m.chance(0.1))) {
			break
		}
		if at.kind == isList {
			if len(at.list) == 0 {
				break
			}
			at = pick(m, at.list)
			if old != nil && len(old.list) > 0 {
				old = pick(m, old.list)
			}
			continue
		}
		key := ""
		if old != nil && len(old.keys) > 0 && m.chance(0.8) {
			key = pick(m, old.keys)
			if at.get(key) == nil || m.chance(0.5) {
				switch {
				case old.get(key).kind == isList && len(old.get(key).list) > 0:
					item := mapping()
					if from := pick(m, old.get(key).list); len(from.keys) > 0 {
						by := pick(m, from.keys)
						if value := from.get(by); value.kind != isScalar || (value.text != "null" && value.text != "~" && value.text != "Null") {
							item.add(by, value.copy())
						}
					}
					at.set(key, sequence(item))
				default:
					at.set(key, mapping())
				}
			}
		} else if len(at.keys) > 0 {
			key = pick(m, at.keys)
		}
		if key == "" {
			break
		}
		at, old = at.get(key), old.get(key)
	}
	if at.kind == isMap {
		at.set("$patch", scalar("delete"))
	}
}

func (m *maker) strategic(base []*node) []*node {
	docs := []*node{}
	for _, left := range base {
		kind, ok := m.kindOf(left)
		if !ok || m.chance(0.3) {
			continue
		}
		patch := m.document(kind, left)
		if m.chance(0.2) {
			m.deletion(patch, left)
		}
		docs = append(docs, patch)
	}
	if len(docs) == 0 || m.chance(0.1) {
		docs = append(docs, m.document(pick(m, m.kinds), nil))
	}
	if m.chance(0.03) {
		docs = append(docs, docs[0].copy())
	}
	return docs
}

func (m *maker) pointer(at *node) string {
	path := ""
	if m.chance(0.02) {
		return pick(m, []string{`""`, "/", "a", "a/b"})
	}
	for range 1 + m.IntN(4) {
		step := pick(m, freeKeys)
		switch {
		case at != nil && at.kind == isMap && len(at.keys) > 0 && m.chance(0.9):
			step = strings.Trim(pick(m, at.keys), `"`)
			at = at.get(step)
		case at != nil && at.kind == isList && m.chance(0.9):
			step = pick(m, []string{"0", "1", "-", "-1", "00"})
			if len(at.list) > 0 {
				at = at.list[0]
			}
		default:
			at = nil
		}
		path += "/" + strings.ReplaceAll(strings.ReplaceAll(step, "~", "~0"), "/", "~1")
	}
	return path
}

func (m *maker) operations(base []*node) *node {
	out := sequence()
	for range 1 + m.IntN(3) {
		op := pick(m, []string{"add", "add", "add", "replace", "remove", "test", "copy", "move", "merge"})
		if op == "merge" && m.chance(0.8) {
			op = "replace"
		}
		item := mapping().add("op", scalar(op)).add("path", scalar(m.pointer(base[0])))
		if op == "copy" || op == "move" {
			item.add("from", scalar(m.pointer(base[0])))
		} else if op != "remove" {
			item.add("value", m.free(2))
		}
		out.list = append(out.list, item)
	}
	return out
}

// One test: a config and patches for it.
type sample struct {
	base    []*node
	patches [][]*node
}

func (s *sample) texts() (string, []string) {
	patches := []string{}
	for _, patch := range s.patches {
		patches = append(patches, documents(patch))
	}
	return documents(s.base), patches
}

// One value is what another one is, by an anchor, as a value or merged in.
func (m *maker) alias(docs []*node) {
	nodes := []*node{}
	for _, doc := range docs {
		nodes = append(nodes, doc.all()[1:]...)
	}
	if len(nodes) < 2 {
		return
	}
	from := m.IntN(len(nodes) - 1)
	to := nodes[from+1+m.IntN(len(nodes)-from-1)]
	for _, inside := range nodes[from].all() {
		if inside == to {
			return
		}
	}
	nodes[from].anchor = "x"
	if to.kind == isMap && m.chance(0.4) {
		to.add("<<", scalar("*x"))
		return
	}
	*to = *scalar("*x")
}

func (m *maker) sample() *sample {
	m.wild = pick(m, []float64{0, 0, 0, 0.005})
	s := &sample{base: m.config()}
	m.wild = pick(m, []float64{0, 0, 0, 0.02})
	count := 1 + m.IntN(2)
	if m.chance(0.2) {
		s.base = s.base[:1]
	}
	for range count {
		if m.chance(0.12) {
			s.patches = append(s.patches, []*node{m.operations(s.base)})
			if m.chance(0.7) {
				s.base = s.base[:1]
			}
		} else {
			s.patches = append(s.patches, m.strategic(s.base))
		}
	}
	for i, docs := range append([][]*node{s.base}, s.patches...) {
		switch {
		case m.chance(0.03):
			m.alias(docs)
		case m.chance(0.03):
			docs[0].inline = true
		case m.chance(0.005) && i == 0 && s.patches[0][0].kind != isList:
			docs[0].add(docs[0].keyOr("a"), scalar("1"))
		}
	}
	return s
}

// The machinery reads no alias into what has a reader of its own, and takes unknown fields if they
// come by an alias; we read the one and refuse the other.
func (s *sample) hasAlias() bool {
	for _, docs := range append([][]*node{s.base}, s.patches...) {
		for _, doc := range docs {
			for _, n := range doc.all() {
				if n.anchor != "" {
					return true
				}
			}
		}
	}
	return false
}

func (n *node) keyOr(other string) string {
	if len(n.keys) > 0 {
		return n.keys[len(n.keys)-1]
	}
	return other
}

// Makes the sample smaller as long as `differs` stays true.
func (s *sample) shrink(differs func() bool) {
	for again := true; again; {
		again = false
		for i := range s.patches {
			patches := s.patches
			s.patches = append(append([][]*node{}, patches[:i]...), patches[i+1:]...)
			if len(s.patches) > 0 && differs() {
				again = true
				break
			}
			s.patches = patches
		}
		for _, list := range append([]*[]*node{&s.base}, pointers(s.patches)...) {
			again = again || shrinkList(list, differs)
		}
	}
}

func pointers(lists [][]*node) []*[]*node {
	out := []*[]*node{}
	for i := range lists {
		out = append(out, &lists[i])
	}
	return out
}

func shrinkList(list *[]*node, differs func() bool) bool {
	for i := range *list {
		old := *list
		*list = append(append([]*node{}, old[:i]...), old[i+1:]...)
		if len(*list) > 0 && differs() {
			return true
		}
		*list = old
	}
	for _, doc := range *list {
		if doc.smaller(differs) {
			return true
		}
	}
	return false
}
