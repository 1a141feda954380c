package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"cecoia.example/deploy/local/gateway"
	"cecoia.example/deploy/local/mattermost"
)

// pace is how fast a load is, per second.
type pace struct{ openings, commands float64 }

// perTicket is how many commands an agent types about one ticket before the
// next.
const perTicket = 8

// The kinds of words, which they begin with.
const (
	opening = "ouverture" // in the description of a ticket: owes a card
	note    = "note"      // of the desk: owes a post in the card's thread
	reply   = "reponse"   // to the requester: owes a mail
)

// word is one thing that somebody sends, and is told apart wherever it arrives.
type word struct {
	text   string // note-3-2-17: kind, row, author, count
	ticket string // the number of its ticket
	typed  time.Time
	acked  time.Time // zero when its author was never told that it is done
	again  int       // times it was sent again
}

// key is what the word is found by where people read it: an opening owes a card,
// which shows its number alone.
func (w *word) key() string {
	if strings.HasPrefix(w.text, opening) {
		return w.ticket
	}
	return w.text
}

// load is a steady stream of openings on the portal and of commands from chat.
// Whoever gets no answer sends the same again, as people do.
type load struct {
	row      int
	portal   *front
	hooks    *front
	commands *http.Client

	mu     sync.Mutex
	words  map[string]*word
	opened []string // numbers of tickets, for the agents
	odd    []string // answers that nobody should ever see
	// kept and refused count the documents.
	kept, refused int

	ending chan struct{}
	all    sync.WaitGroup
}

// startLoad signs the requesters in and starts everybody.
func startLoad(ctx context.Context, s *site, p pace) (*load, error) {
	hooks := newFront(s, func(a gateway.Addresses) string { return a.Hooks })
	l := &load{
		row: s.rows, portal: newFront(s, func(a gateway.Addresses) string { return a.Portal }), hooks: hooks,
		commands: &http.Client{Transport: hooks, Timeout: 15 * time.Second},
		words:    map[string]*word{}, ending: make(chan struct{}),
	}
	browsers := make([]*browser, requesters)
	for i := range browsers {
		browsers[i] = newBrowser(l.portal, requester(i))
		if err := browsers[i].signIn(ctx); err != nil {
			return nil, err
		}
		l.open(ctx, browsers[i], i, 0) // or the first commands would have no ticket
	}
	for i, b := range browsers {
		l.every(ctx, time.Duration(float64(requesters)/p.openings*float64(time.Second)), func(n int) { l.open(ctx, b, i, n) })
	}
	for i := range agents {
		ticket := ""
		l.every(ctx, time.Duration(float64(agents)/p.commands*float64(time.Second)), func(n int) {
			if n%perTicket == 1 {
				ticket = l.next(i)
			}
			l.command(ctx, ticket, i, n)
		})
	}
	return l, nil
}

// every does something again and again, n counting from 1, until the load ends.
// What takes longer than its turn is not caught up with.
func (l *load) every(ctx context.Context, interval time.Duration, do func(n int)) {
	l.all.Go(func() {
		if !l.wait(ctx, time.Duration(rand.Float64()*float64(interval))) { //nolint:gosec // spreads, keeps no secret
			return
		}
		turn := time.NewTicker(interval)
		defer turn.Stop()
		for n := 1; ; n++ {
			do(n)
			select {
			case <-turn.C:
			case <-l.ending:
				return
			case <-ctx.Done():
				return
			}
		}
	})
}

func (l *load) wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.ending:
	case <-ctx.Done():
	}
	return false
}

// refusal waits until a document was refused, a minute at most.
func (l *load) refusal(ctx context.Context) {
	for began := time.Now(); time.Since(began) < time.Minute && ctx.Err() == nil; pause(ctx, 50*time.Millisecond) {
		l.mu.Lock()
		refused := l.refused
		l.mu.Unlock()
		if refused > 0 {
			return
		}
	}
}

// end lets everybody finish what they are at, and closes their connections.
func (l *load) end() {
	close(l.ending)
	l.all.Wait()
	l.portal.transport.CloseIdleConnections()
	l.hooks.transport.CloseIdleConnections()
}

// begin notes a word that is about to be sent.
func (l *load) begin(kind string, author, n int, ticket string) *word {
	w := &word{text: fmt.Sprintf("%s-%d-%d-%d", kind, l.row, author, n), ticket: ticket, typed: time.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.words[w.text] = w
	return w
}

// insist sends a word until it is done. Nobody insists for more than a minute:
// what was never acknowledged by then is owed only if it happened.
func (l *load) insist(ctx context.Context, w *word, send func() (done bool, err error)) {
	const patience, breath = time.Minute, 100 * time.Millisecond
	for {
		done, err := send()
		l.mu.Lock()
		if done {
			w.acked = time.Now()
		} else {
			w.again++
		}
		if odd := (*oddError)(nil); errors.As(err, &odd) {
			l.odd = append(l.odd, odd.Error())
		}
		l.mu.Unlock()
		if done || time.Since(w.typed) > patience || ctx.Err() != nil {
			return
		}
		t := time.NewTimer(breath)
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// oddError is an answer that nobody should ever see, whatever is broken.
type oddError struct{ said string }

func (e *oddError) Error() string { return e.said }

// next gives an agent a ticket: each the newest that no other has.
func (l *load) next(agent int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.opened); n > requesters {
		ticket := l.opened[n-1]
		l.opened = l.opened[:n-1]
		return ticket
	}
	return l.opened[agent%len(l.opened)]
}

var numberIn = regexp.MustCompile(`[IS]\d{6}_\d{3,}`)

// open opens one ticket by the portal's form: begins it, describes, sends.
func (l *load) open(ctx context.Context, b *browser, author, n int) {
	w := l.begin(opening, author, n, "")
	path, attached := "", false
	l.insist(ctx, w, func() (bool, error) {
		if path == "" {
			p, err := b.post(ctx, "/incidents/nouveau", nil)
			if err != nil || p.away() {
				return false, err
			}
			form, ours := strings.CutPrefix(p.path, "/formulaires/")
			if !ours {
				return false, odd(p, "a new form")
			}
			id, _, _ := strings.Cut(form, "/")
			path, w.ticket = "/formulaires/"+id, string(numberIn.Find(p.body))
		}
		if n%2 == 0 && !attached {
			p, err := b.attach(ctx, path+"/demande", "Essai "+w.text, w.text+".txt", bytes.Repeat([]byte(w.text+"\n"), 200))
			if err != nil || p.away() {
				return false, err
			}
			if !p.ours() || p.status != http.StatusOK && p.status != http.StatusUnprocessableEntity {
				return false, odd(p, "a document")
			}
			attached = true // or refused, in words: then the ticket goes without it
			l.mu.Lock()
			if p.status == http.StatusOK {
				l.kept++
			} else {
				l.refused++
			}
			l.mu.Unlock()
		}
		p, err := b.post(ctx, path+"/demande", url.Values{"description": {"Essai " + w.text}, "do": {"continue"}})
		if err != nil || p.away() {
			return false, err
		}
		if p, err = b.post(ctx, path+"/verification", url.Values{"do": {"send"}}); err != nil || p.away() {
			return false, err
		}
		if p.status != http.StatusOK || !strings.HasSuffix(p.path, "/confirmation") || !bytes.Contains(p.body, []byte(w.ticket)) {
			return false, odd(p, "a ticket sent")
		}
		return true, nil
	})
	if !w.acked.IsZero() {
		l.mu.Lock()
		l.opened = append(l.opened, w.ticket)
		l.mu.Unlock()
	}
}

func odd(p page, what string) error {
	return &oddError{fmt.Sprintf("%s: %d at %s: %.300s", what, p.status, p.path, p.body)}
}

// command types one command about the ticket: a note, or words to the requester.
func (l *load) command(ctx context.Context, ticket string, author, n int) {
	verb, kind := "note", note
	if n%2 == 0 {
		verb, kind = "répondre", reply
	}
	w := l.begin(kind, author, n, ticket)
	l.insist(ctx, w, func() (bool, error) {
		form := url.Values{
			"user_id": {mattermost.UserID(agent(author))}, "user_name": {agent(author)}, "text": {verb + " " + ticket + " " + w.text},
			"trigger_id": {fmt.Sprint(w.text, time.Now().UnixNano())}, "channel_id": {mattermost.ChannelID(team, channel)}, "response_url": {""},
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://hooks.example/mattermost/command", strings.NewReader(form.Encode()))
		if err != nil {
			return false, err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", "Token "+slashToken)
		res, err := l.commands.Do(req)
		if err != nil {
			return false, err // it is gone, or was killed before it answered
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return false, err
		}
		var answer struct {
			Type string `json:"response_type"`
			Text string `json:"text"`
		}
		if res.StatusCode != http.StatusOK || json.Unmarshal(body, &answer) != nil || answer.Type != "ephemeral" || answer.Text == "" {
			return false, &oddError{fmt.Sprintf("a command: %d: %.300s", res.StatusCode, body)}
		}
		switch {
		case strings.Contains(answer.Text, "n’a PAS été acceptée"), strings.Contains(answer.Text, "incident technique"):
			return false, nil
		case strings.Contains(answer.Text, "bien enregistré"), strings.Contains(answer.Text, w.text), strings.Contains(answer.Text, ticket):
			return true, nil
		}
		return false, &oddError{"a command: " + answer.Text}
	})
}
