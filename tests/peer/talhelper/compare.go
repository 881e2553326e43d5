package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// The documents of a file as trees whose scalars keep their types.
func read(path string) ([]any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	documents := []any{}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		documents = append(documents, plainTree(&node))
	}
}

type scalar struct{ tag, text string }

func plainTree(n *yaml.Node) any {
	switch n.Kind {
	case yaml.DocumentNode:
		return plainTree(n.Content[0])
	case yaml.AliasNode:
		return plainTree(n.Alias)
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			m[n.Content[i].Value] = plainTree(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		l := []any{}
		for _, item := range n.Content {
			l = append(l, plainTree(item))
		}
		return l
	}
	text := n.Value
	switch n.ShortTag() {
	case "!!null":
		text = "null"
	case "!!int":
		var number int64
		if n.Decode(&number) == nil {
			text = strconv.FormatInt(number, 10)
		}
	}
	return scalar{n.ShortTag(), text}
}

func differ(path string, a, b any, out *[]string) {
	if reflect.DeepEqual(a, b) || len(*out) > 20 {
		return
	}
	am, aok := a.(map[string]any)
	bm, bok := b.(map[string]any)
	if aok && bok {
		for k := range am {
			differ(path+"."+k, am[k], bm[k], out)
		}
		for k := range bm {
			if _, ok := am[k]; !ok {
				differ(path+"."+k, nil, bm[k], out)
			}
		}
		return
	}
	al, aok := a.([]any)
	bl, bok := b.([]any)
	if aok && bok && len(al) == len(bl) {
		for i := range al {
			differ(fmt.Sprintf("%s[%d]", path, i), al[i], bl[i], out)
		}
		return
	}
	*out = append(*out, fmt.Sprintf("%s: talhelper %v, talforge %v", path, a, b))
}

// All files of the one folder are in the other, and alike.
func compare(theirs, ours string) ([]string, error) {
	out := []string{}
	files := map[string]bool{}
	for _, folder := range []string{theirs, ours} {
		err := filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
			name, _ := filepath.Rel(folder, path)
			if err == nil && !info.IsDir() && name != "talosconfig" && name != ".gitignore" {
				files[name] = true
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for name := range files {
		a, err := read(filepath.Join(theirs, name))
		if err != nil {
			out = append(out, err.Error())
			continue
		}
		b, err := read(filepath.Join(ours, name))
		if err != nil {
			out = append(out, err.Error())
			continue
		}
		differ(name, a, b, &out)
	}
	return out, nil
}
