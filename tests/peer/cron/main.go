// Command cron prints what the cron library of the field answers for a table of schedules, zones
// and times, as JSON. run.sh compares it with tests/data/cron/cases.json, which the unit test of
// src/ops/cron.c replays.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	cron "github.com/netresearch/go-cron"
)

const perCase = 5

// A schedule that no date matches makes the library answer with the zero time.
type answer struct {
	Expr  string   `json:"expr"`
	Zone  string   `json:"zone,omitempty"`
	After string   `json:"after,omitempty"`
	Next  []string `json:"next,omitempty"`
	// Repeats are those of Next that show the same time of day a second time when clocks go back.
	Repeats []string `json:"repeats,omitempty"`
	Never   bool     `json:"never,omitempty"`
	Wrong   bool     `json:"wrong,omitempty"`
}

// No zone whose clocks jump by anything but an hour: there the library leaves openings out.
var zones = []string{
	"UTC", "Europe/Paris", "Europe/Dublin", "America/New_York", "America/St_Johns",
	"America/Santiago", "Asia/Kolkata", "Africa/Casablanca", "Pacific/Auckland",
}

var times = []string{
	"2026-01-15T12:34:56Z", "2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z",
	"2027-02-27T23:59:59Z", "2050-06-30T00:00:00Z",
}

var exprs = []string{
	"0 2 * * *", "30 2 * * *", "0 2 * * SUN", "0 2 * * 7", "0 2 * * 0", "0 22-2 * * *",
	"15,45 1-3 * * 6,7", "*/15 3 * * *", "30 1 1 * *", "0 2 13 * 5", "0 0 29 2 *", "59 23 31 12 *",
	"0 0 * JAN-mar mon,Tue", "5 4 1/10 * *", "0 12 * * FRI-MON", "0 0 ? * ?", "0/10 0 * * 1/2",
	"0 * * * *", "30 * * * *", "20-10/25 5 * 11-2 *", "0 3 1-7 * 1", "1 0 * * *",
}

var never = []string{"0 2 31 2 *", "0 0 30 feb *", "0 0 31 4,6,9,11 *"}

var wrong = []string{
	"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *",
	"* * * 0 *", "* * * 13 *", "* * * * 8", "*/0 * * * *", "*/70 * * * *", "1- * * * *",
	"-1 * * * *", "1-2-3 * * * *", "1/2/3 * * * *", "0 2 L * *", "0 2 15W * *", "0 2 * * 5#2",
	"0 2 mon * *", "a * * * *", "1/ * * * *", "0 2 * * 7/2", "TZ=  0 2 * * *",
}

func parser() cron.Parser {
	return cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
}

// Clocks go back by half an hour, an hour or two.
func repeats(at time.Time) bool {
	const shown = "2006-01-02 15:04"

	for _, back := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
		if at.Add(-back).Format(shown) == at.Format(shown) {
			return true
		}
	}
	return false
}

// A schedule for every hour goes on in a repeated hour, one that names hours does not come twice.
func namesHours(expr string) bool {
	return strings.Fields(expr)[1] != "*"
}

func ask(expr, zone, after string) (answer, error) {
	out := answer{Expr: expr, Zone: zone, After: after}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return out, err
	}
	at, err := time.Parse(time.RFC3339, after)
	if err != nil {
		return out, err
	}
	p := parser()
	schedule, err := p.Parse(expr)
	if err != nil {
		return out, err
	}
	at = at.In(loc)
	for len(out.Next) < perCase {
		at = schedule.Next(at)
		if at.IsZero() {
			out.Never = len(out.Next) == 0
			break
		}
		text := at.UTC().Format(time.RFC3339)
		out.Next = append(out.Next, text)
		if namesHours(expr) && repeats(at) {
			out.Repeats = append(out.Repeats, text)
		}
	}
	return out, nil
}

func all() ([]answer, error) {
	var answers []answer

	for _, expr := range exprs {
		for _, zone := range zones {
			for _, after := range times {
				one, err := ask(expr, zone, after)
				if err != nil {
					return nil, fmt.Errorf("%q in %s: %w", expr, zone, err)
				}
				answers = append(answers, one)
			}
		}
	}
	for _, expr := range never {
		one, err := ask(expr, "UTC", times[0])
		if err != nil || !one.Never {
			return nil, fmt.Errorf("%q was expected never to fire: %v", expr, err)
		}
		answers = append(answers, one)
	}
	for _, expr := range wrong {
		p := parser()
		if _, err := p.Parse(expr); err == nil {
			return nil, fmt.Errorf("%q was expected to be refused", expr)
		}
		answers = append(answers, answer{Expr: expr, Wrong: true})
	}
	return answers, nil
}

func main() {
	answers, err := all()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("[")
	for i, one := range answers {
		line, err := json.Marshal(one)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		comma := ","
		if i+1 == len(answers) {
			comma = ""
		}
		fmt.Printf("%s%s\n", line, comma)
	}
	fmt.Println("]")
}
