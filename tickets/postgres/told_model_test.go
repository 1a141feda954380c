package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"cecoia.example/tickets"
)

// Whatever comes when, whoever leases it and however that ends: every delivery
// ends once, each lane in its order; what is urgent is told at the next lease,
// within a window nothing else is, a digest is one, and what is tried again
// tells what it told.
func TestTold(t *testing.T) {
	w := newWorld(t)
	agathe := person("creteil", "agathe").ID
	must(t)(nil, w.SetDirectMessages(t.Context(), "creteil", agathe, tickets.DirectMessages{
		Paces: map[tickets.Template]tickets.Pace{
			tickets.TemplateComplement: tickets.PaceDigest, tickets.TemplateMentioned: tickets.PaceNever,
		},
	}))
	var lanes []toldLane
	for i := range 3 {
		c := w.open(t, "creteil", tickets.Card{})
		for _, r := range []string{"claire", "denis"} {
			lanes = append(lanes, toldLane{c.ID, tickets.Mail, tickets.ToPerson(person("creteil", r).ID), fmt.Sprint("mail ", r, i)})
		}
		lanes = append(lanes, toldLane{c.ID, tickets.Chat, tickets.ToPerson(agathe), fmt.Sprint("chat ", i)})
	}
	rapid.Check(t, func(rt *rapid.T) {
		must(t)(nil, w.exec(t, `DELETE FROM deliveries`))
		must(t)(nil, w.exec(t, `DELETE FROM delivery_log`))
		must(t)(nil, w.exec(t, `DELETE FROM threads`))
		m := &toldModel{
			world: w, t: t, rt: rt, now: noon.Truncate(24 * time.Hour).Add(7*time.Hour + 30*time.Minute), lanes: lanes,
			begun: map[uuid.UUID]string{}, last: map[string]int{}, told: map[string]time.Time{},
		}
		rt.Repeat(map[string]func(*rapid.T){
			"insert":  func(*rapid.T) { m.insert() },
			"insert2": func(*rapid.T) { m.insert() },
			"wait": func(rt *rapid.T) {
				m.now = m.now.Add(rapid.SampledFrom([]time.Duration{
					time.Second, 8 * time.Second, 20 * time.Second, time.Minute, 40 * time.Minute, 3 * time.Hour,
				}).Draw(rt, "wait"))
			},
			"work":   func(*rapid.T) { m.work() },
			"finish": func(*rapid.T) { m.finish() },
		})
		for range 200 {
			if len(deliveries(t, w)) == 0 {
				break
			}
			m.now = m.now.Add(time.Hour)
			m.ending = true
			m.work()
			for len(m.flying) > 0 {
				m.finish()
			}
		}
		if left := deliveries(t, w); len(left) > 0 {
			rt.Fatalf("%d are stuck", len(left))
		}
		ended, each := count(t, w, `SELECT count(*) FROM delivery_log`), count(t, w, `SELECT count(DISTINCT id) FROM delivery_log`)
		if ended != len(m.owed) || each != ended {
			rt.Fatalf("%d were owed, %d ended, %d of them once", len(m.owed), ended, each)
		}
	})
}

type toldLane struct {
	ticket  uuid.UUID
	channel tickets.Channel
	to      tickets.Recipient
	name    string
}

// toldRow is an owed delivery; its rule names it.
type toldRow struct {
	id     uuid.UUID
	rule   string
	lane   toldLane
	seq    int
	urgent bool
	never  bool
	ended  bool
}

// flight is a notice that a worker has.
type flight struct {
	n     tickets.Notice
	until time.Time
}

type toldModel struct {
	*world
	t      *testing.T
	rt     *rapid.T
	now    time.Time
	lanes  []toldLane
	owed   []*toldRow
	flying []flight
	ending bool

	begun map[uuid.UUID]string // what attempts told, by head
	last  map[string]int       // the last seq told, by lane
	told  map[string]time.Time // when, by lane
}

func (m *toldModel) insert() {
	lane := rapid.SampledFrom(m.lanes).Draw(m.rt, "lane")
	kinds := []tickets.Template{tickets.TemplateInformed, tickets.TemplateTaken, tickets.TemplateAsked}
	if lane.channel == tickets.Chat {
		kinds = []tickets.Template{tickets.TemplateComplement, tickets.TemplateMentioned, tickets.TemplateRefused}
	}
	kind := rapid.SampledFrom(kinds).Draw(m.rt, "kind")
	d := &toldRow{
		id: newID(), lane: lane, seq: len(m.owed) + 1, never: kind == tickets.TemplateMentioned,
		urgent: kind == tickets.TemplateAsked || kind == tickets.TemplateRefused,
	}
	d.rule = fmt.Sprintf("%s/%d", lane.name, d.seq)
	m.owed = append(m.owed, d)
	must(m.t)(nil, m.exec(m.t, `INSERT INTO deliveries (academy, id, cause, ticket, seq, channel, recipient, template, rule, due, created_at)
		VALUES ('creteil', $1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
		d.id, newID(), lane.ticket, d.seq, lane.channel, lane.to, kind, d.rule, m.now))
}

func (m *toldModel) row(rule string) *toldRow {
	i := slices.IndexFunc(m.owed, func(d *toldRow) bool { return d.rule == rule })
	return m.owed[i]
}

func rulesOf(n tickets.Notice) (out []string) {
	for _, e := range n.Earlier {
		out = append(out, e.Rule)
	}
	return append(out, n.Rule)
}

// quiet says whether nobody is busy with the lane: no lease runs, and nothing was
// tried before and may have arrived.
func (m *toldModel) quiet(lane toldLane) bool {
	return count(m.t, m.world, `SELECT count(*) FROM deliveries
		WHERE ticket = $1 AND channel = $2 AND recipient = $3 AND (attempts > 0 OR lease > $4 OR told_with IS NOT NULL)`,
		lane.ticket, lane.channel, lane.to, m.now) == 0
}

// work relays, and has two workers lease everything at once.
func (m *toldModel) work() {
	var expect []*toldRow // the first urgent one of each lane that is free
	for _, lane := range m.lanes {
		i := slices.IndexFunc(m.owed, func(d *toldRow) bool { return !d.ended && d.urgent && d.lane == lane })
		if i >= 0 && m.quiet(lane) && !slices.ContainsFunc(m.owed[:i], func(d *toldRow) bool { return d.lane == lane && d.never && !d.ended }) {
			expect = append(expect, m.owed[i])
		}
	}
	ids := m.enqueue(m.t, "creteil", uuid.NewString(), m.now)
	var mu sync.Mutex
	var got []tickets.Notice
	var wg sync.WaitGroup
	until := m.now.Add(30 * time.Second)
	for range 2 {
		wg.Go(func() {
			ns, err := m.Lease(m.t.Context(), "creteil", ids, m.now, until)
			if err != nil {
				m.t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, ns...)
		})
	}
	wg.Wait()
	slices.SortFunc(got, func(x, y tickets.Notice) int { return slices.Compare(x.ID[:], y.ID[:]) })
	for _, n := range got {
		m.start(n, until)
	}
	for _, d := range expect {
		if !slices.ContainsFunc(m.flying, func(f flight) bool { return slices.Contains(rulesOf(f.n), d.rule) }) {
			m.rt.Fatalf("%s is not told at once", d.rule)
		}
	}
}

// start is what a worker does before it sends.
func (m *toldModel) start(n tickets.Notice, until time.Time) {
	r := tickets.Receipt{Delivery: n.ID, Lease: n.Lease, At: m.now}
	switch h := n.Hold(m.now, window); {
	case h.Never != "":
		r.Outcome = tickets.Suppressed
		m.record(m.t, "creteil", r)
		if len(n.Earlier) > 0 {
			m.rt.Fatalf("%v is suppressed", rulesOf(n))
		}
		m.row(n.Rule).ended = true
		return
	case !h.Until.IsZero():
		for _, rule := range rulesOf(n) {
			if m.row(rule).urgent {
				m.rt.Fatalf("%s is held", rule)
			}
		}
		r.Outcome, r.RetryAt, r.Digest = tickets.Deferred, h.Until, h.Digest
		if !m.ending && rapid.IntRange(0, 9).Draw(m.rt, "crash before recording") == 0 {
			return
		}
		m.record(m.t, "creteil", r)
		return
	}
	lane := m.row(n.Rule).lane.name
	if before := m.told[lane]; n.Channel == tickets.Mail && n.Attempts == 1 && !before.IsZero() && m.now.Before(before.Add(window)) && !m.row(n.Rule).urgent {
		m.rt.Fatalf("%v within the window", rulesOf(n))
	}
	what := fmt.Sprint(n.Digest, rulesOf(n))
	if said, again := m.begun[n.ID]; again && said != what {
		m.rt.Fatalf("told %s, then %s", said, what)
	}
	for id, said := range m.begun {
		for _, rule := range rulesOf(n) {
			if id != n.ID && (strings.Contains(said, rule+" ") || strings.Contains(said, rule+"]")) {
				m.rt.Fatalf("%s was told with another", rule)
			}
		}
	}
	// A digest that a late worker has ended is over, though another sends it again.
	if n.Digest && slices.ContainsFunc(m.flying, func(f flight) bool {
		return f.n.Digest && f.until.After(m.now) && !m.row(f.n.Rule).ended
	}) {
		m.rt.Fatal("two digests at once")
	}
	m.begun[n.ID] = what
	m.flying = append(m.flying, flight{n, until})
}

// finish ends an attempt somehow, in time or late.
func (m *toldModel) finish() {
	if len(m.flying) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.flying)-1).Draw(m.rt, "which")
	f := m.flying[i]
	m.flying = slices.Delete(m.flying, i, i+1)
	outcomes := []tickets.Outcome{tickets.Delivered, tickets.Permanent}
	if !m.ending {
		outcomes = append(outcomes, tickets.Retry, tickets.Uncertain, "crash")
	}
	r := tickets.Receipt{Delivery: f.n.ID, Lease: f.n.Lease, At: m.now, Outcome: rapid.SampledFrom(outcomes).Draw(m.rt, "outcome")}
	if r.Outcome == "crash" {
		return
	}
	if r.Outcome != tickets.Delivered {
		r.RetryAt = m.now.Add(5 * time.Second)
	}
	m.record(m.t, "creteil", r)
	if r.Outcome != tickets.Delivered && r.Outcome != tickets.Permanent {
		return
	}
	for _, rule := range rulesOf(f.n) {
		d := m.row(rule)
		if d.ended {
			continue // a late worker's
		}
		if d.seq < m.last[d.lane.name] {
			m.rt.Fatalf("%s after %d", rule, m.last[d.lane.name])
		}
		d.ended, m.last[d.lane.name] = true, d.seq
		if r.Outcome == tickets.Delivered {
			m.told[d.lane.name] = m.now
		}
	}
}
