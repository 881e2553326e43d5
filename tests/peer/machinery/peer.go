package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
)

type outcome struct {
	verdict string // ok, error, crash
	text    string // the result, or what is said
}

// Whether two sides say the same: the text of a refusal is each side's own.
func (o outcome) equal(other outcome) bool {
	return o.verdict == other.verdict && (o.verdict != "ok" || o.text == other.text)
}

// Our side: a program that is asked through pipes.
type program struct {
	path string
	as   string // whose behaviour it shows
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
}

func (p *program) start() error {
	p.cmd = exec.Command(p.path, p.as)
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	p.out = bufio.NewReader(out)
	return p.cmd.Start()
}

func (p *program) stop() {
	p.in.Close()
	p.cmd.Wait()
}

func (p *program) exchange(question []byte) (outcome, error) {
	if _, err := p.in.Write(question); err != nil {
		return outcome{}, err
	}
	line, err := p.out.ReadString('\n')
	if err != nil {
		return outcome{}, err
	}
	verdict, size, ok := strings.Cut(strings.TrimSpace(line), " ")
	length, err := strconv.Atoi(size)
	if !ok || err != nil {
		return outcome{}, fmt.Errorf("not an answer: %q", line)
	}
	text := make([]byte, length)
	_, err = io.ReadFull(p.out, text)
	return outcome{verdict, string(text)}, err
}

// "WORD N LENGTH...\n" and then the texts. A program that ends is a crash, and is started anew.
func (p *program) ask(word string, texts ...string) outcome {
	question := &bytes.Buffer{}
	fmt.Fprintf(question, "%s %d", word, len(texts))
	for _, text := range texts {
		fmt.Fprintf(question, " %d", len(text))
	}
	question.WriteString("\n" + strings.Join(texts, ""))
	if p.cmd == nil {
		if err := p.start(); err != nil {
			return outcome{"crash", err.Error()}
		}
	}
	answer, err := p.exchange(question.Bytes())
	if err != nil {
		p.stop()
		p.cmd = nil
		return outcome{"crash", err.Error()}
	}
	return answer
}

// Their side, in this process.
func caught(call func() (string, error)) (result outcome) {
	defer func() {
		if fault := recover(); fault != nil {
			result = outcome{"crash", fmt.Sprint(fault)}
		}
	}()
	text, err := call()
	if err != nil {
		return outcome{"error", err.Error()}
	}
	return outcome{"ok", text}
}

func theirPatch(base string, patches []string) outcome {
	return caught(func() (string, error) {
		list := []configpatcher.Patch{}
		for _, text := range patches {
			patch, err := configpatcher.LoadPatch([]byte(text))
			if err != nil {
				return "", err
			}
			list = append(list, patch)
		}
		out, err := configpatcher.Apply(configpatcher.WithBytes([]byte(base)), list)
		if err != nil {
			return "", err
		}
		text, err := out.Bytes()
		return string(text), err
	})
}

// Whether the machinery cannot read what it wrote itself.
func unreadable(text string) bool {
	return caught(func() (string, error) {
		_, err := configloader.NewFromBytes([]byte(text))
		return "", err
	}).verdict != "ok"
}
