package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// printTable prints what became of each fault, and below what was broken.
func printTable(out io.Writer, rows []row) error {
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "fault\towed\tdelivered\trefused\tlost\tdoubled\tlongest delay\tsent again\tportal away\tslowest page\tbroken\t")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t%d\t%d\t%s\t%d\t\n", r.name, r.owed, r.delivered, r.refused, r.lost(), r.doubled,
			r.longest.Round(10*time.Millisecond), r.again, r.away, r.slowest.Round(time.Millisecond), len(r.broken))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	const most = 5 // of each row: the rest is more of the same
	for _, r := range rows {
		for i, what := range r.broken {
			if i == most {
				fmt.Fprintf(out, "%s: and %d more\n", r.name, len(r.broken)-most)
				break
			}
			fmt.Fprintf(out, "%s: %s\n", r.name, what)
		}
	}
	return nil
}
