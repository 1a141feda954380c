package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"golang.org/x/time/rate"

	"cecoia.example/ingest"
	"cecoia.example/notify"
	"cecoia.example/tickets"
)

// This file is all that knows OpenTelemetry. Each part of the house carries a
// [tickets.Trace] along; here it becomes spans, around the parts' own doors: a
// request, the command that it is, the action, each delivery. Their ids are those
// of the log. Where no endpoint is set, nothing is wrapped.

// tracing makes spans and sends them; nil makes none.
type tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// newTracing returns what traces, nil without an endpoint. The SDK's own
// variables (OTEL_…) say the rest: sampling, headers, the service's name.
func newTracing(ctx context.Context, endpoint string, log *slog.Logger) (*tracing, error) {
	var options []otlptracehttp.Option
	switch {
	case os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "": // the SDK reads it
	case endpoint != "":
		options = append(options, otlptracehttp.WithEndpointURL(strings.TrimRight(endpoint, "/")+"/v1/traces"))
	default:
		return nil, nil
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("CECOIA_OTLP_ENDPOINT: %w", err)
	}
	what, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "cecoia")), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	seldom := rate.Sometimes{First: 1, Interval: 10 * time.Minute}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		seldom.Do(func() { log.Warn("traces are not taken; they are dropped", "error", err) })
	}))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(what), sdktrace.WithIDGenerator(traceIDs{}))
	return &tracing{provider: provider, tracer: provider.Tracer("cecoia.example")}, nil
}

// close sends what is left, for a moment.
func (t *tracing) close(log *slog.Logger) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		log.Warn("the last traces are not taken", "error", err)
	}
}

// traceIDs gives a trace that begins the id that the log has already.
type traceIDs struct{}

// NewIDs returns the id of the context's trace, or a new one, and a span's.
func (ids traceIDs) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	id, err := trace.TraceIDFromHex(tickets.TraceOf(tickets.Traced(ctx)).ID())
	if err != nil {
		_, _ = rand.Read(id[:]) // never fails since Go 1.24
	}
	return id, ids.NewSpanID(ctx, id)
}

// NewSpanID returns a random id.
func (traceIDs) NewSpanID(context.Context, trace.TraceID) (id trace.SpanID) {
	_, _ = rand.Read(id[:])
	return id
}

// begin begins a span of what is under way in ctx. What it does carries it on.
func (t *tracing) begin(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	ctx, span := t.tracer.Start(ctx, name, options...)
	sc := span.SpanContext()
	return tickets.WithTrace(ctx, tickets.Trace("00-"+sc.TraceID().String()+"-"+sc.SpanID().String()+"-"+sc.TraceFlags().String())), span
}

// resume is begin for what came of a request that is over, perhaps in another
// process. Where that was not sampled the sampler decides anew; by the same id,
// it decides the same.
func (t *tracing) resume(ctx context.Context, of tickets.Trace, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	ctx = tickets.WithTrace(ctx, of)
	if sc := spanContext(of); sc.IsSampled() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, sc)
	}
	return t.begin(ctx, name, options...)
}

// spanContext reads a traceparent; it is not valid when that is none.
func spanContext(t tickets.Trace) trace.SpanContext {
	parts := strings.Split(string(t), "-")
	if t.ID() == "" || len(parts) != 4 {
		return trace.SpanContext{}
	}
	id, err1 := trace.TraceIDFromHex(parts[1])
	span, err2 := trace.SpanIDFromHex(parts[2])
	if err1 != nil || err2 != nil {
		return trace.SpanContext{}
	}
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: id, SpanID: span, TraceFlags: trace.TraceFlags(0).WithSampled(parts[3] == "01"), Remote: true,
	})
}

// failed marks a span of what failed for a reason of ours: a refusal is an answer.
func failed(span trace.Span, err error) {
	if err != nil && tickets.CodeOf(err) == "" {
		span.SetStatus(codes.Error, err.Error())
	}
}

// requests follows the requests of a route.
func (t *tracing) requests(route string, next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := t.begin(tickets.Traced(r.Context()), route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", r.Method), attribute.String("http.route", route)))
		defer span.End()
		answer := &answerStatus{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r.WithContext(ctx))
		span.SetAttributes(attribute.Int("http.response.status_code", answer.status))
		if answer.status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, http.StatusText(answer.status))
		}
	})
}

// answerStatus remembers the status of an answer.
type answerStatus struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status on its way out.
func (w *answerStatus) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap gives http.ResponseController the writer beneath.
func (w *answerStatus) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// hooks follows the requests of the chat.
func (t *tracing) hooks(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	mux := http.NewServeMux()
	mux.Handle("/", next)
	for _, path := range []string{"/mattermost/command", "/mattermost/action", "/mattermost/dialog"} {
		mux.Handle("POST "+path, t.requests("POST "+path, next))
	}
	return mux
}

// commands follows the execution of commands, whichever process took them.
func (t *tracing) commands(execute func(context.Context, ingest.Command) (string, error)) func(context.Context, ingest.Command) (string, error) {
	if t == nil {
		return execute
	}
	return func(ctx context.Context, c ingest.Command) (string, error) {
		ctx, span := t.resume(ctx, c.Trace, "command", trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
			attribute.String("cecoia.academy", string(c.Academy)), attribute.String("cecoia.command", c.ID)))
		defer span.End()
		text, err := execute(ctx, c)
		failed(span, err)
		return text, err
	}
}

// channel follows the deliveries of a channel.
func (t *tracing) channel(name tickets.Channel, c notify.Channel) notify.Channel {
	if t == nil {
		return c
	}
	return followedChannel{c, t, "deliver by " + string(name)}
}

type followedChannel struct {
	notify.Channel
	tracing *tracing
	name    string
}

// Send is a span of the request that the notice came of; it is linked to those of
// what else it tells.
func (c followedChannel) Send(ctx context.Context, n tickets.Notice) tickets.Receipt {
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		attribute.String("cecoia.academy", string(n.Academy.ID)), attribute.String("cecoia.delivery", n.ID.String()),
		attribute.String("cecoia.template", string(n.Template)), attribute.Int("cecoia.attempt", n.Attempts))}
	for _, e := range n.Earlier {
		if sc := spanContext(e.Trace); sc.IsValid() && e.Trace.ID() != n.Trace.ID() {
			options = append(options, trace.WithLinks(trace.Link{SpanContext: sc}))
		}
	}
	ctx, span := c.tracing.resume(ctx, n.Trace, c.name, options...)
	defer span.End()
	r := c.Channel.Send(ctx, n)
	span.SetAttributes(attribute.String("cecoia.outcome", string(r.Outcome)))
	if r.Err != "" {
		span.SetStatus(codes.Error, r.Err)
	}
	return r
}

// store follows the actions: each is a span, and a line for those who look
// closely.
func (t *tracing) store(s tickets.Store, log *slog.Logger) tickets.Store {
	if t == nil && !log.Enabled(context.Background(), slog.LevelDebug) {
		return s
	}
	return followedStore{s, t, log}
}

type followedStore struct {
	tickets.Store
	tracing *tracing // nil: only the log
	log     *slog.Logger
}

// begin begins the span of an action, if there are any.
func (s followedStore) begin(ctx context.Context) (context.Context, trace.Span) {
	if s.tracing == nil {
		return ctx, trace.SpanFromContext(ctx) // records nothing
	}
	return s.tracing.begin(tickets.Traced(ctx), "action")
}

// end ends it, once it is known what happened.
func (s followedStore) end(ctx context.Context, span trace.Span, c tickets.Case, e *tickets.Event, repeated bool, err error) {
	defer span.End()
	failed(span, err)
	if err != nil || e == nil {
		return
	}
	span.SetName("action " + string(e.Action))
	span.SetAttributes(attribute.String("cecoia.academy", string(c.Academy)), attribute.String("cecoia.ticket", c.Number.String()),
		attribute.String("cecoia.event", e.ID.String()), attribute.Bool("cecoia.repeated", repeated))
	s.log.Debug("action", "trace", tickets.TraceOf(ctx).ID(), "action", e.Action, "academy", c.Academy, "ticket", c.Number.String(),
		"event", e.ID, "command", e.Command, "repeated", repeated)
}

// Create is [tickets.Register].Create, followed: what is owed is owed by it.
func (s followedStore) Create(ctx context.Context, t tickets.Ticket, e tickets.Event, owed []tickets.Delivery) (tickets.Case, error) {
	ctx, span := s.begin(ctx)
	owe(ctx, owed)
	c, err := s.Store.Create(ctx, t, e, owed)
	s.end(ctx, span, c, &e, false, err)
	return c, err
}

// Update is [tickets.Register].Update, followed: what is owed is owed by it.
func (s followedStore) Update(ctx context.Context, ref tickets.Ref, by tickets.Attempt, change tickets.Change) (tickets.Result, error) {
	ctx, span := s.begin(ctx)
	res, err := s.Store.Update(ctx, ref, by, func(c tickets.Case, into tickets.Ticket) (tickets.Ticket, *tickets.Event, []tickets.Delivery, error) {
		t, e, owed, err := change(c, into)
		owe(ctx, owed)
		return t, e, owed, err
	})
	s.end(ctx, span, res.Case, res.Event, res.Repeated, err)
	return res, err
}

func owe(ctx context.Context, owed []tickets.Delivery) {
	for i := range owed {
		owed[i].Trace = tickets.TraceOf(ctx)
	}
}
