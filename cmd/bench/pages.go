package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"cecoia.example/tickets"
)

// grows is how much slower a page may be with the largest register than with
// the smallest, at the 99th percentile.
const grows = 1.5

// page is an address of the portal, as one of the two people reads it.
type page struct {
	name string
	by   func(*site) *visitor
	path func(context.Context, *site) (string, error)
}

// at is an address that is the same on each site.
func at(path string) func(context.Context, *site) (string, error) {
	return func(context.Context, *site) (string, error) { return path, nil }
}

// step is that of a form, by the end of its address.
func step(slug string) func(context.Context, *site) (string, error) {
	return func(_ context.Context, s *site) (string, error) {
		return "/formulaires/" + s.form.ID.String() + slug, nil
	}
}

func byRequester(s *site) *visitor { return s.requester }
func byAgent(s *site) *visitor     { return s.agent }

// portalPages are the pages that are measured.
var portalPages = []page{
	{"home", byRequester, at("/")},
	{"own tickets", byRequester, at("/incidents")},
	{"list of the desk", byAgent, at("/incidents?portee=bureau")},
	{"list, all, page 50", byAgent, at("/incidents?portee=bureau&etat=tous&page=50")},
	{"list, theme and place", byAgent, at("/incidents?portee=bureau&etat=tous&theme=messagerie&tri=entite")},
	{"list, words", byAgent, at("/incidents?portee=bureau&etat=tous&texte=vid%C3%A9oprojecteur")},
	{"list, overdue", byAgent, at("/incidents?portee=bureau&etat=en-retard&tri=fin")},
	{"search, words", byAgent, at("/recherche?q=imprimante%20jeudi")},
	{"search, a rare word", byAgent, at("/recherche?q=orthographe")},
	{"ticket", byRequester, func(ctx context.Context, s *site) (string, error) {
		return s.newest(ctx, s.requester, tickets.ScopeMine)
	}},
	{"ticket, agent", byAgent, func(ctx context.Context, s *site) (string, error) { return s.newest(ctx, s.agent, tickets.ScopeDesk) }},
	{"form, place", byRequester, step("")},
	{"picker, three letters", byRequester, at("/personnes?q=kov")},
	{"picker, a name", byRequester, at("/personnes?q=camille%20zkova")},
	{"knowledge", byRequester, at("/connaissances")},
}

// pages measures how long each page takes to be read whole over a connection
// that is open, beside a static page of the same size; how each grows with the
// register; and how often one can be read in a second.
func pages(ctx context.Context, b *bench) error {
	server, err := b.startPostgres(ctx)
	if err != nil {
		return err
	}
	defer server.Stop(context.WithoutCancel(ctx))
	slices.Sort(b.Sizes)
	var sites []*site
	for _, size := range b.Sizes {
		url, err := b.database(ctx, server, fmt.Sprintf("bench_%d", size))
		if err != nil {
			return err
		}
		s, err := b.openSite(ctx, url, size)
		if err != nil {
			return fmt.Errorf("%d tickets: %w", size, err)
		}
		defer s.close()
		sites = append(sites, s)
	}
	for _, p := range portalPages {
		if err := b.page(ctx, sites, p); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return b.rate(ctx, sites[len(sites)-1])
}

// fullPage is the page that is read as often as can be.
const fullPage = "/incidents?portee=bureau"

// rate adds how often a full page is read whole in a second, by thirty-two at
// once, beside a static page of the same size.
func (b *bench) rate(ctx context.Context, s *site) error {
	const readers = 32
	body, err := s.agent.get(ctx, fullPage)
	if err != nil {
		return err
	}
	static, end, err := staticPage(ctx, body)
	if err != nil {
		return err
	}
	defer end()
	var figures, limits []float64
	for range b.Rounds {
		figure, err := throughput(ctx, readers, 5*b.Turn, func(ctx context.Context) error { _, err := s.agent.get(ctx, fullPage); return err })
		if err != nil {
			return err
		}
		limit, err := throughput(ctx, readers, 5*b.Turn, static)
		if err != nil {
			return err
		}
		figures, limits = append(figures, figure), append(limits, limit)
	}
	b.rows = append(b.rows, newRow(fmt.Sprintf("a full page through the portal, %d at once", readers), "1/s", median(figures), median(limits)))
	return nil
}

// page adds the rows of one page: all sizes take turns, and the static page.
func (b *bench) page(ctx context.Context, sites []*site, p page) error {
	var body []byte
	var ops []func(context.Context) error
	for _, s := range sites {
		path, err := p.path(ctx, s)
		if err != nil {
			return err
		}
		read := func(ctx context.Context) error { _, err := p.by(s).get(ctx, path); return err }
		if body, err = p.by(s).get(ctx, path); err != nil {
			return err
		}
		if _, err := turn(ctx, 1, b.Turn/2, read); err != nil { // statements get prepared, pages cached
			return err
		}
		ops = append(ops, read)
	}
	static, end, err := staticPage(ctx, body)
	if err != nil {
		return err
	}
	defer end()
	took, err := b.takeTurns(ctx, append(ops, static)...)
	if err != nil {
		return err
	}
	name, limit := p.name, took[len(sites)]
	for i, s := range sites {
		b.rows = append(b.rows, newLatency(fmt.Sprintf("%s, %d tickets", name, s.tickets), took[i], limit))
	}
	if last := len(sites) - 1; last > 0 {
		growth := fmt.Sprintf("%s, %d against %d", name, sites[last].tickets, sites[0].tickets)
		b.rows = append(b.rows, newLatency(growth, took[last], took[0]).atMost(grows))
	}
	return nil
}

// staticPage serves a body that is ready, and returns how to read it.
func staticPage(ctx context.Context, body []byte) (read func(context.Context) error, end func(), err error) {
	l, err := listen(ctx)
	if err != nil {
		return nil, nil, err
	}
	end = serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body) // a reader that is gone has its own error
	}))
	client := newClient()
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.Addr().String(), nil)
		if err != nil {
			return err
		}
		_, _, err = fetch(client, req)
		return err
	}, end, nil
}

// newest returns the address of the newest ticket that a visitor sees there.
func (s *site) newest(ctx context.Context, v *visitor, scope tickets.Scope) (string, error) {
	found, err := s.desk.List(ctx, tickets.Caller{Person: v.person}, tickets.Query{Scope: scope, Limit: 1})
	if err != nil {
		return "", err
	}
	if len(found.Cases) == 0 {
		return "", fmt.Errorf("%s sees no ticket", v.person.Email)
	}
	return tickets.TicketPath(s.academy.ID, found.Cases[0].Number), nil
}
