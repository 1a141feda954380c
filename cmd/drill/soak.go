package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

const (
	// ramp is how long everybody sends as fast as answers come, to find the
	// highest rate.
	ramp = 20 * time.Second
	// grown is by how much the last minutes may exceed the first: what is flat
	// still differs from minute to minute on a shared machine.
	grown = 1.3
)

// minute is what one minute of a soak was like.
type minute struct {
	words      int
	memory     float64         // resident, MB, at its end
	goroutines float64         // at its end
	answers    []time.Duration // from a word's typing to its acknowledgement
	delays     []time.Duration // from there to where people read it
}

// soak finds the highest rate at which what is owed also arrives, loads the
// gateway with half of it for so long, and prints memory and latency by minute.
// Growth and loss are errors.
func soak(ctx context.Context, s *site, lasts time.Duration, out io.Writer) error {
	highest, err := s.highest(ctx)
	if err != nil {
		return err
	}
	half := pace{highest.openings / 2, highest.commands / 2}
	fmt.Fprintf(out, "highest rate %.0f openings/s and %.0f commands/s, with their deliveries; here half of it\n", highest.openings, highest.commands)
	s.rows++
	r := row{name: "soak"}
	began := time.Now()
	l, err := startLoad(ctx, s, half)
	if err != nil {
		return err
	}
	minutes := make([]minute, max(1, int(lasts/time.Minute)))
	for i := range minutes {
		pause(ctx, time.Until(began.Add(time.Duration(i+1)*lasts/time.Duration(len(minutes)))))
		figures, err := s.gateways[0].Figures(ctx)
		if err != nil {
			return err
		}
		minutes[i].memory, minutes[i].goroutines = figures["process_resident_memory_bytes"]/1e6, figures["go_goroutines"]
	}
	l.end()
	if r.settled, err = s.settle(ctx); err != nil {
		return err
	}
	if err := s.tally(ctx, l, &r); err != nil {
		return err
	}
	came := s.look()
	for _, w := range l.words {
		m := &minutes[min(int(w.typed.Sub(began)*time.Duration(len(minutes))/lasts), len(minutes)-1)]
		m.words++
		if !w.acked.IsZero() {
			m.answers = append(m.answers, w.acked.Sub(w.typed))
			if copies := came[w.key()]; len(copies) > 0 {
				m.delays = append(m.delays, max(0, copies[0].at.Sub(w.acked)))
			}
		}
	}
	r.flat(minutes)
	return printSoak(out, minutes, r)
}

// highest is how many openings and commands in a second are done and told, when
// everybody sends as fast as answers come.
func (s *site) highest(ctx context.Context) (pace, error) {
	const hurry = 1e4
	s.rows++
	began := time.Now()
	l, err := startLoad(ctx, s, pace{hurry, hurry})
	if err != nil {
		return pace{}, err
	}
	pause(ctx, ramp)
	l.end()
	if _, err := s.settle(ctx); err != nil {
		return pace{}, err
	}
	took := time.Since(began).Seconds()
	var p pace
	for _, w := range l.words {
		if w.ticket != "" && w.key() == w.ticket {
			p.openings += 1 / took
		} else {
			p.commands += 1 / took
		}
	}
	return p, ctx.Err()
}

// flat says where the last third of the minutes exceeds the first, but for the
// very first minute, when pools and caches fill.
func (r *row) flat(minutes []minute) {
	if len(minutes) < 4 {
		return // too short to tell
	}
	settled := minutes[1:]
	third := max(1, len(settled)/3)
	check := func(what string, of func(minute) float64) {
		var first, last float64
		for i := range third {
			first = max(first, of(settled[i]))
			last = max(last, of(settled[len(settled)-1-i]))
		}
		if last > grown*first {
			r.breaks("%s grows: %.1f at first, %.1f at last", what, first, last)
		}
	}
	check("memory", func(m minute) float64 { return m.memory })
	check("the number of goroutines", func(m minute) float64 { return m.goroutines })
	check("the answers' p99", func(m minute) float64 { return milliseconds(quantile(m.answers, 0.99)) })
	check("the deliveries' p99", func(m minute) float64 { return milliseconds(quantile(m.delays, 0.99)) })
}

// printSoak prints the minutes; broken promises are its error.
func printSoak(out io.Writer, minutes []minute, r row) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "minute\twords/s\tmemory MB\tgoroutines\tanswer p50 ms\tp99\tdelivery p50 ms\tp99\t")
	for i, m := range minutes {
		fmt.Fprintf(t, "%d\t%.1f\t%.1f\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t\n", i+1, float64(m.words)/60, m.memory, m.goroutines,
			milliseconds(quantile(m.answers, 0.5)), milliseconds(quantile(m.answers, 0.99)),
			milliseconds(quantile(m.delays, 0.5)), milliseconds(quantile(m.delays, 0.99)))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if err := printTable(out, []row{r}); err != nil {
		return err
	}
	if len(r.broken) > 0 {
		return errBroken
	}
	return nil
}

// quantile returns the value that so much of all are not above; 0 of none.
func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(int(q*float64(len(all))), len(all)-1)]
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }
