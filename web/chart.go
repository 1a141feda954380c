package web

import (
	"fmt"
	"strings"
)

// A chart is drawn on the server as SVG. Its sides are in percent and its words
// in the size of the page's, so that it fits any width and is read at any; what
// it shows is in a table beside it, too. No colour says anything alone: a strip
// has one series of bars, and marks of another form.

// chart is a figure of one or more strips, one above the other, that share their
// days.
type chart struct {
	ID, Title, Legend string
	Strips            []strip
	First, Last       string // the days at both ends
}

// strip is one row of bars.
type strip struct {
	ID, Title, Said string // Said is what it shows, in a sentence
	Ticks           []tick
	Box             string // the viewBox of the bars: a day wide each, chartHeight high
	Bars, Marks     string // paths in it
	Goal            float64
	GoalLabel       string // "" for no line across
}

// tick is a line across with what it stands for, at a height in px.
type tick struct {
	Y     float64
	Label string
}

// The height of the bars and what is above them, in px as the style sheet has it.
const (
	chartHeight = 84.0
	chartTop    = 10.0
)

// drawStrip draws values as bars and others as marks above them; a negative one
// is none. The scale's top is at least that of both, and label writes a value.
func drawStrip(s strip, bars, marks []float64, scale func(float64) float64, label func(float64) string) strip {
	most := 0.0
	for _, v := range append(append([]float64{s.Goal}, bars...), marks...) {
		most = max(most, v)
	}
	top := scale(most)
	height := func(v float64) float64 { return chartHeight * v / top }
	s.Box = fmt.Sprintf("0 0 %d %g", max(len(bars), 1), chartHeight)
	var b, m strings.Builder
	for i, v := range bars {
		if v > 0 {
			fmt.Fprintf(&b, "M%d.15 %gv-%.4gh.7v%.4gz", i, chartHeight, max(height(v), 1), max(height(v), 1))
		}
	}
	for i, v := range marks {
		if v >= 0 {
			fmt.Fprintf(&m, "M%d %.4gh1", i, chartHeight-height(v))
		}
	}
	s.Bars, s.Marks = b.String(), m.String()
	s.Ticks = []tick{{chartTop, label(top)}, {chartTop + chartHeight, label(0)}}
	if s.GoalLabel != "" {
		s.Goal = chartTop + chartHeight - height(s.Goal)
		if s.Goal > chartTop+14 { // else the two would be written over each other
			s.Ticks = append(s.Ticks, tick{s.Goal, s.GoalLabel})
		}
	}
	return s
}

// roundCount returns the next round count: 5, 10, 20, 50, 100 and so on.
func roundCount(v float64) float64 {
	for unit := 1.0; ; unit *= 10 {
		for _, n := range []float64{5, 10, 20} {
			if v <= n*unit {
				return n * unit
			}
		}
	}
}

// roundMinutes returns the next round length of time, in minutes: 20 min, 1 h, 2 h
// and so on.
func roundMinutes(v float64) float64 {
	for _, n := range []float64{20, 30, 60, 120, 240, 480, 960} {
		if v <= n {
			return n
		}
	}
	return roundCount(v/60) * 60
}

// whole is the scale of percentages.
func whole(float64) float64 { return 100 }
