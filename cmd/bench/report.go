package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one line of the report.
type row struct {
	Name    string  `json:"name"`
	Unit    string  `json:"unit"`              // of figure and limit: "ms", "1/s", "MB"
	Typical float64 `json:"typical,omitempty"` // the p50 of a latency whose figure is its p99
	Figure  float64 `json:"figure"`            // the product's
	Limit   float64 `json:"limit"`             // the machine's without the product; 0 when there is none
	Ratio   float64 `json:"ratio"`             // figure to limit; 0 without a limit
	Goal    string  `json:"goal"`              // for the ratio; "" when the figures are only printed
	Met     *bool   `json:"met"`               // null without a goal
}

// newRow returns a row without a goal.
func newRow(name, unit string, figure, limit float64) row {
	r := row{Name: name, Unit: unit, Figure: figure, Limit: limit}
	if limit != 0 {
		r.Ratio = figure / limit
	}
	return r
}

// newLatency returns the row of a latency without a goal: the p99 of each.
func newLatency(name string, figure, limit latency) row {
	r := newRow(name+", p99", "ms", milliseconds(figure.p99), milliseconds(limit.p99))
	r.Typical = milliseconds(figure.p50)
	return r
}

// atMost gives the row a goal: the ratio is no more than that.
func (r row) atMost(ratio float64) row {
	met := r.Ratio <= ratio
	r.Goal, r.Met = fmt.Sprintf("≤ %g", ratio), &met
	return r
}

// atLeast gives the row a goal: the ratio is no less than that.
func (r row) atLeast(ratio float64) row {
	met := r.Ratio >= ratio
	r.Goal, r.Met = fmt.Sprintf("≥ %g", ratio), &met
	return r
}

// within gives the row a goal: the figure is no more than so much above the
// limit.
func (r row) within(extra float64) row {
	met := r.Figure <= r.Limit+extra
	r.Goal, r.Met = fmt.Sprintf("≤ limit + %g %s", extra, r.Unit), &met
	return r
}

// below gives a row without a limit a goal: the figure is no more than that.
func (r row) below(most float64) row {
	met := r.Figure <= most
	r.Goal, r.Met = fmt.Sprintf("≤ %g %s", most, r.Unit), &met
	return r
}

// printTable prints the rows for people.
func printTable(w io.Writer, rows []row) error {
	var table bytes.Buffer
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "row\tp50\tfigure\tlimit\tratio\tgoal\tmet")
	for _, r := range rows {
		typical, limit, ratio, met := "", "", "", ""
		if r.Typical != 0 {
			typical = number(r.Typical) + " " + r.Unit
		}
		if r.Limit != 0 {
			limit, ratio = number(r.Limit)+" "+r.Unit, number(r.Ratio)
		}
		if r.Met != nil {
			met = map[bool]string{true: "yes", false: "no"}[*r.Met]
		}
		fmt.Fprintf(t, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\n", r.Name, typical, number(r.Figure), r.Unit, limit, ratio, r.Goal, met)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(table.String()) {
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

// number writes a figure with as many digits as mean something.
func number(f float64) string {
	switch {
	case f >= 100:
		return fmt.Sprintf("%.0f", f)
	case f >= 10:
		return fmt.Sprintf("%.1f", f)
	default:
		return fmt.Sprintf("%.2f", f)
	}
}

// printJSON prints the rows for programs.
func printJSON(w io.Writer, rows []row) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(rows)
}

// percentile returns the p-th percentile by the nearest rank: the smallest
// value that p % of them do not exceed. There is at least one; they get sorted.
func percentile(values []time.Duration, p int) time.Duration {
	slices.Sort(values)
	return values[max((len(values)*p+99)/100, 1)-1]
}

// median returns the middle value, the lower of two.
func median[T cmp.Ordered](values []T) T {
	values = slices.Clone(values)
	slices.Sort(values)
	return values[(len(values)-1)/2]
}

// milliseconds is the unit of latencies.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
