// Makes expressions from a number for every place of a machine config that has some, and compares
// the verdicts of the official machinery and of our checker, and what both make of random disks,
// volumes and links.
//
//	go run . [-from 1] [-to 20000] PROGRAM   prints what differs, ends with 1 if anything does
//
// PROGRAM is the built peer_selectors.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"sort"
	"strings"

	gocel "github.com/google/cel-go/cel"
	"github.com/siderolabs/talos/pkg/machinery/api/resource/definitions/block"
	"github.com/siderolabs/talos/pkg/machinery/api/resource/definitions/network"
	"github.com/siderolabs/talos/pkg/machinery/cel"
	"github.com/siderolabs/talos/pkg/machinery/cel/celenv"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const factsOfEach = 4

// A place for expressions: what stands there and what the machinery makes of it.
type where struct {
	name      string
	env       *gocel.Env
	answer    string
	functions []string
	optional  bool
	messages  map[string]proto.Message
	flags     []string
	others    []place
}

func locators() []where {
	return []where{
		{name: "disk", env: celenv.DiskLocator(), answer: "bool", functions: []string{"glob"},
			messages: map[string]proto.Message{"disk": &block.DiskSpec{}}, flags: []string{"system_disk"}},
		{name: "volume", env: celenv.VolumeLocator(), answer: "bool",
			messages: map[string]proto.Message{"volume": &block.DiscoveredVolumeSpec{}, "disk": &block.DiskSpec{}}},
		{name: "link", env: celenv.LinkLocator(), answer: "bool", functions: []string{"glob", "mac"},
			messages: map[string]proto.Message{"link": &network.LinkStatusSpec{}}},
		{name: "trigger", env: celenv.OOMTrigger(), answer: "bool", optional: true, others: memory()},
		{name: "ranking", env: celenv.OOMCgroupScoring(), answer: "double", optional: true, others: groups()},
	}
}

var units = strings.Fields("KiB MiB GiB TiB PiB EiB kB MB GB TB PB EB")

func memory() []place {
	byClass := &kind{name: "map", key: plain("int"), item: plain("double")}
	out := []place{{"time_since_trigger", plain("duration")}}
	for _, what := range strings.Fields("some_avg10 some_avg60 some_avg300 some_total full_avg10 full_avg60 full_avg300 full_total") {
		out = append(out, place{"memory_" + what, plain("double")}, place{"d_memory_" + what, plain("double")},
			place{"qos_memory_" + what, byClass}, place{"d_qos_memory_" + what, byClass})
	}
	for _, what := range strings.Fields("current peak max") {
		out = append(out, place{"qos_memory_" + what, byClass}, place{"d_qos_memory_" + what, byClass})
	}
	return append(out, place{"multiply_qos_vectors(qos_memory_current, {System: 8.0})", plain("double")})
}

func groups() []place {
	maybe := &kind{name: "optional", item: plain("uint")}
	return []place{{"memory_max", maybe}, {"memory_current", maybe}, {"memory_peak", maybe}, {"path", plain("string")},
		{"class", plain("int")}, {"memory_max.orValue(0u)", plain("uint")}, {"memory_peak.value()", plain("uint")}}
}

func (w *where) names() names {
	out := names{functions: w.functions, optional: w.optional, places: w.others}
	for _, name := range sorted(w.messages) {
		message := w.messages[name].ProtoReflect().Descriptor()
		out.places = append(out.places, below(name, &kind{name: "message", message: message})...)
	}
	for _, flag := range w.flags {
		out.places = append(out.places, place{flag, plain("bool")})
	}
	if w.name != "link" {
		for _, unit := range units {
			out.places = append(out.places, place{unit, plain("uint")})
		}
	}
	if w.optional {
		for _, class := range strings.Fields("Besteffort Burstable Guaranteed Podruntime System") {
			out.places = append(out.places, place{class, plain("int")})
		}
	}
	return out
}

func sorted[T any](from map[string]T) []string {
	var out []string
	for name := range from {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// ---- random disks, volumes and links

var worlds = []string{"nvme", "nvme0n1", "sda", "/dev/sda", "/dev/nvme0n1", "Samsung SSD 980", "eth0", "e1000e", "", "aé😀b", "10", "1.5"}

func (m *maker) scalar(field protoreflect.FieldDescriptor) protoreflect.Value {
	number := []int64{0, 1, 2, 42, 512, 1500, 1 << 40, -1}[m.IntN(8)]
	switch field.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(m.one(2))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(m.IntN(4)))
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(number % 100000))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(number)
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(number&0xffff) + uint32(m.IntN(2)))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(uint64(number) & math.MaxInt64)
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(worlds[m.IntN(len(worlds))])
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte([]string{"", "\xaa\xbb\xcc\xdd\xee\xff", "abc", "\x00\xff"}[m.IntN(4)]))
	}
	panic("no value for " + string(field.FullName()))
}

func (m *maker) fill(message protoreflect.Message) {
	fields := message.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		switch {
		case m.one(4):
		case field.IsList():
			list := message.Mutable(field).List()
			for range m.IntN(3) {
				if field.Message() == nil {
					list.Append(m.scalar(field))
					continue
				}
				m.fill(list.AppendMutable().Message())
			}
		case field.Message() == nil:
			message.Set(field, m.scalar(field))
		default:
			m.fill(message.Mutable(field).Message())
			if field.Message().FullName() == "google.protobuf.Duration" {
				span := message.Mutable(field).Message()
				span.Set(field.Message().Fields().ByName("seconds"), protoreflect.ValueOfInt64(int64(m.IntN(4000))))
				span.Set(field.Message().Fields().ByName("nanos"), protoreflect.ValueOfInt32(int32(m.IntN(2)*500000000)))
			}
		}
	}
}

// As our side reads it: bytes in base64, durations in nanoseconds, without what is not set.
func dump(field protoreflect.FieldDescriptor, value protoreflect.Value) any {
	if field.Message() != nil {
		if field.Message().FullName() == "google.protobuf.Duration" {
			span := value.Message()
			return span.Get(field.Message().Fields().ByName("seconds")).Int()*1e9 +
				span.Get(field.Message().Fields().ByName("nanos")).Int()
		}
		return dumpMessage(value.Message())
	}
	switch field.Kind() {
	case protoreflect.EnumKind:
		return int(value.Enum())
	case protoreflect.BytesKind:
		return base64.StdEncoding.EncodeToString(value.Bytes())
	}
	return value.Interface()
}

func dumpMessage(message protoreflect.Message) map[string]any {
	out := map[string]any{}
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if !field.IsList() {
			out[string(field.Name())] = dump(field, value)
			return true
		}
		list := []any{}
		for i := range value.List().Len() {
			list = append(list, dump(field, value.List().Get(i)))
		}
		out[string(field.Name())] = list
		return true
	})
	return out
}

func (m *maker) facts(w *where) (theirs, ours map[string]any) {
	theirs, ours = map[string]any{}, map[string]any{}
	for _, name := range sorted(w.messages) {
		message := w.messages[name].ProtoReflect().New()
		m.fill(message)
		theirs[name], ours[name] = message.Interface(), dumpMessage(message)
	}
	for _, name := range w.flags {
		flag := m.one(2)
		theirs[name], ours[name] = flag, flag
	}
	return theirs, ours
}

// ---- both sides

// cel-go takes a loop's variable whose value is a type for the name of a type, and then knows none.
const (
	typeOfVariable = "reference to undefined type"
	outOfOrder     = "cel-go at fault"
)

// "refused", or for every set of facts t, f or e for an error.
func judge(w *where, text string, facts []map[string]any) string {
	var program cel.Expression
	var err error
	if w.answer == "double" {
		_, err = cel.ParseDoubleExpression(text, w.env)
	} else {
		program, err = cel.ParseBooleanExpression(text, w.env)
	}
	if err != nil {
		return "refused"
	}
	out := "accepted "
	for _, values := range facts {
		holds, err := program.EvalBool(w.env, values)
		switch {
		case err != nil && strings.Contains(err.Error(), typeOfVariable):
			return outOfOrder
		case err != nil:
			out += "e"
		case holds:
			out += "t"
		default:
			out += "f"
		}
	}
	return out
}

type question struct {
	Of    string           `json:"of"`
	Text  string           `json:"text"`
	Facts []map[string]any `json:"facts"`
}

type program struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func (p *program) ask(q question) (string, error) {
	line, err := json.Marshal(q)
	if err != nil {
		return "", err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return "", err
	}
	answer, err := p.out.ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

func start(path string) (*program, func() error, error) {
	cmd := exec.Command(path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	return &program{in, bufio.NewReader(out)}, func() error { in.Close(); return cmd.Wait() }, cmd.Start()
}

type tally struct {
	accepted, refused, answers, outside, different int
}

// What docs/cel.md says is not there: messages by their names, names with dots and in backticks.
func outside(text string) bool {
	return strings.Contains(text, "`") || strings.Contains(text, "google.protobuf") || strings.Contains(text, "\x00")
}

func run(path string, from, to uint64) (map[string]*tally, error) {
	ours, stop, err := start(path)
	if err != nil {
		return nil, err
	}
	all := locators()
	out := map[string]*tally{}
	for _, w := range all {
		out[w.name] = &tally{}
	}
	for seed := from; seed < to; seed++ {
		w := &all[seed%uint64(len(all))]
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 5)), names: w.names()}
		text := strings.ToValidUTF8(m.selector(w.answer), "?")
		q := question{Of: w.name, Text: text}
		var theirs []map[string]any
		for range factsOfEach {
			if len(w.messages) == 0 {
				break
			}
			a, b := m.facts(w)
			theirs, q.Facts = append(theirs, a), append(q.Facts, b)
		}
		t := out[w.name]
		wanted := judge(w, text, theirs)
		if outside(text) || wanted == outOfOrder {
			t.outside++
			continue
		}
		answer, err := ours.ask(q)
		if err != nil {
			return nil, fmt.Errorf("seed %d: %s: %w", seed, text, err)
		}
		verdict, why, _ := strings.Cut(answer, ": ")
		if verdict == "refused" && wanted == "refused" {
			t.refused++
			continue
		}
		t.accepted++
		t.answers += len(theirs)
		if verdict != wanted {
			t.different++
			fmt.Printf("%s %d: %s\n  machinery: %s\n  talforge:  %s %s\n", w.name, seed, text, wanted, verdict, why)
		}
	}
	return out, stop()
}

func main() {
	from := flag.Uint64("from", 1, "the first number")
	to := flag.Uint64("to", 20001, "one more than the last")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	out, err := run(flag.Arg(0), *from, *to)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	sum := tally{}
	for _, name := range sorted(out) {
		t := out[name]
		fmt.Printf("%s: %d accepted, %d refused, %d answers, %d not covered, %d differ\n", name, t.accepted, t.refused, t.answers,
			t.outside, t.different)
		sum.accepted += t.accepted
		sum.refused += t.refused
		sum.answers += t.answers
		sum.different += t.different
	}
	fmt.Printf("peer selectors: %d expressions accepted, %d refused, %d answers on random disks, volumes and links, %d differ\n",
		sum.accepted, sum.refused, sum.answers, sum.different)
	if sum.different > 0 || sum.accepted == 0 || sum.refused == 0 {
		os.Exit(1)
	}
}
