package tickets

import (
	"context"
	"regexp"
	"strings"
	"testing"
)

func TestATraceIsATraceparent(t *testing.T) {
	form := regexp.MustCompile(`^00-([0-9a-f]{32})-[0-9a-f]{16}-00$`)
	seen := map[string]bool{}
	for range 100 {
		trace := NewTrace()
		m := form.FindStringSubmatch(string(trace))
		if m == nil || trace.ID() != m[1] || seen[m[1]] {
			t.Fatalf("%q has the id %q", trace, trace.ID())
		}
		if short := trace.Short(); len(short) != 12 || !strings.HasPrefix(trace.ID(), short) {
			t.Errorf("%q is shown as %q", trace, short)
		}
		seen[m[1]] = true
	}
	for _, none := range []Trace{"", "00-12-34-00", Trace(strings.Repeat("x", traceLength))} {
		if none.ID() != "" || none.Short() != "" {
			t.Errorf("%q has the id %q", none, none.ID())
		}
	}
}

func TestAContextHasOneTrace(t *testing.T) {
	ctx := Traced(context.Background())
	if TraceOf(ctx) == "" || TraceOf(Traced(ctx)) != TraceOf(ctx) {
		t.Errorf("%q became %q", TraceOf(ctx), TraceOf(Traced(ctx)))
	}
	if TraceOf(context.Background()) != "" {
		t.Error("a trace of nothing")
	}
}
