package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestTheBenchRuns measures every set, small: what it prints is whole, and what
// a figure is does not matter.
func TestTheBenchRuns(t *testing.T) {
	rowsOf := map[string]int{
		"pages":      len(portalPages)*(2+1) + 1, // two sizes, and the growth; how often a page is read
		"opening":    4,
		"commands":   3,
		"refusals":   1,
		"deliveries": 10,
	}
	for _, set := range sets {
		t.Run(set.name, func(t *testing.T) {
			var out, log bytes.Buffer
			if status := run(t.Context(), []string{"--json", "--rows", set.name, "--sizes", "100,200", "--rounds", "1", "--turn", "1ms", "--replies", "50", "--burst", "50"}, &out, &log); status != 0 {
				t.Fatalf("status %d: %s", status, log.String())
			}
			var rows []row
			if err := json.Unmarshal(out.Bytes(), &rows); err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, r := range rows {
				if seen[r.Name] || r.Figure <= 0 || r.Unit == "" || (r.Goal == "") != (r.Met == nil) {
					t.Errorf("row %+v", r)
				}
				seen[r.Name] = true
			}
			if want := rowsOf[set.name]; len(rows) != want {
				t.Errorf("%d rows, want %d", len(rows), want)
			}
			if strings.Contains(log.String(), "level=ERROR") {
				t.Error(log.String())
			}
		})
	}
}

func TestAWrongCommandLineIsRefused(t *testing.T) {
	for _, args := range [][]string{{"--rows", "nothing"}, {"--rounds", "0"}, {"--sizes", "0"}, {"--replies", "0"}, {"--burst", "0"}, {"--turn", "soon"}} {
		var out, log bytes.Buffer
		if status := run(t.Context(), args, &out, &log); status != 2 || log.Len() == 0 {
			t.Errorf("%v: status %d, %q", args, status, log.String())
		}
	}
}

func TestPercentilesAndMedians(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(100 - i)
	}
	for p, want := range map[int]time.Duration{0: 1, 1: 1, 50: 50, 99: 99, 100: 100} {
		if got := percentile(hundred, p); got != want {
			t.Errorf("p%d is %d, want %d", p, got, want)
		}
	}
	if got := percentile([]time.Duration{7}, 99); got != 7 {
		t.Errorf("p99 of one is %d", got)
	}
	if got := median([]int{9, 1, 5}); got != 5 {
		t.Errorf("the median is %d", got)
	}
}

func TestRowsSayWhetherTheGoalIsMet(t *testing.T) {
	if r := newRow("a", "ms", 3, 2).atMost(1.5); !*r.Met || r.Ratio != 1.5 {
		t.Errorf("%+v", r)
	}
	if r := newRow("a", "ms", 3.1, 2).atMost(1.5); *r.Met {
		t.Errorf("%+v", r)
	}
	var out bytes.Buffer
	rows := []row{newLatency("page", latency{time.Millisecond, 30 * time.Millisecond}, latency{1, 20 * time.Millisecond}).atMost(1), newRow("alone", "1/s", 1234.5, 0)}
	if err := printTable(&out, rows); err != nil {
		t.Fatal(err)
	}
	want := `row        p50      figure    limit    ratio  goal  met
page, p99  1.00 ms  30.0 ms   20.0 ms  1.50   ≤ 1   no
alone               1234 1/s
`
	if out.String() != want {
		t.Errorf("the table is\n%s\nwant\n%s", out.String(), want)
	}
}

func TestAFailureEndsTheTurn(t *testing.T) {
	broken := errors.New("broken")
	var calls int
	_, err := turn(t.Context(), 1, time.Hour, func(context.Context) error {
		if calls++; calls == 3 {
			return broken
		}
		return nil
	})
	if !errors.Is(err, broken) || calls != 3 {
		t.Errorf("%v after %d calls", err, calls)
	}
}
