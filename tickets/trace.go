package tickets

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
)

// Trace is the one id of a request, of what it did and of what that owes, in the
// log and in traces: a traceparent of W3C Trace Context,
// "00-<trace id>-<parent id>-<flags>". It says how things hang together, never
// what they are, and gives no right; "" is none.
type Trace string

// The parts of a traceparent of version 00
// (https://www.w3.org/TR/trace-context/#traceparent-header).
const (
	traceVersion = "00-"
	traceIDEnd   = len(traceVersion) + 32
	traceLength  = traceIDEnd + len("-") + 16 + len("-00")
	// traceShown is how much of an id people are shown: it is read out on the
	// telephone, and names one request among millions.
	traceShown = 12
)

// NewTrace returns the trace of something that begins here, which nobody has
// chosen to sample.
func NewTrace() Trace {
	var ids [24]byte
	_, _ = rand.Read(ids[:]) // never fails since Go 1.24
	return Trace(traceVersion + hex.EncodeToString(ids[:16]) + "-" + hex.EncodeToString(ids[16:]) + "-00")
}

// ID returns the 32 hexadecimal digits that each line of the log has as "trace";
// "" of what is no trace.
func (t Trace) ID() string {
	if len(t) != traceLength || !strings.HasPrefix(string(t), traceVersion) {
		return ""
	}
	return string(t[len(traceVersion):traceIDEnd])
}

// Short returns the beginning of the ID, as pages and answers show it.
func (t Trace) Short() string {
	id := t.ID()
	return id[:min(len(id), traceShown)]
}

type traceKey struct{}

// WithTrace returns a context in which things are done for that trace.
func WithTrace(ctx context.Context, t Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// TraceOf returns the trace that things are done for, "" for none.
func TraceOf(ctx context.Context) Trace {
	t, _ := ctx.Value(traceKey{}).(Trace)
	return t
}

// Traced returns ctx if it has a trace, else ctx with a new one.
func Traced(ctx context.Context) context.Context {
	if TraceOf(ctx) != "" {
		return ctx
	}
	return WithTrace(ctx, NewTrace())
}
