package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cecoia.example/deploy/local/gateway"
)

// front leads requests to the gateways in turn, as a reverse proxy does: one
// that cannot be reached is passed over.
type front struct {
	backs     func() []string
	transport *http.Transport
	turn      atomic.Uint64
}

func newFront(s *site, which func(gateway.Addresses) string) *front {
	return &front{
		transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 5 * time.Second},
		backs: func() (all []string) {
			for _, a := range s.backs() {
				all = append(all, which(a))
			}
			return all
		},
	}
}

// RoundTrip sends the request to the first gateway that can be reached.
func (f *front) RoundTrip(r *http.Request) (*http.Response, error) {
	backs, first, last := f.backs(), int(f.turn.Add(1)%1024), error(nil)
	for i := range backs {
		at := r.Clone(r.Context())
		at.URL.Host = backs[(first+i)%len(backs)]
		if r.GetBody != nil {
			body, err := r.GetBody()
			if err != nil {
				return nil, err
			}
			at.Body = body
		}
		res, err := f.transport.RoundTrip(at)
		if op := (*net.OpError)(nil); err == nil || !errors.As(err, &op) || op.Op != "dial" {
			return res, err
		}
		last = err
	}
	return nil, last
}

// page is an answer of the portal.
type page struct {
	path   string // where it led
	status int
	body   []byte
}

// ours says whether it is a page of the portal, whole.
func (p page) ours() bool {
	return bytes.Contains(p.body, []byte("<main")) && bytes.Contains(p.body, []byte("</html>"))
}

// away says whether it is the page that says that the service is away for now.
func (p page) away() bool { return p.status == http.StatusServiceUnavailable && p.ours() }

// browser is somebody's browser on the portal.
type browser struct {
	login  string
	client *http.Client
}

func newBrowser(f *front, login string) *browser {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &browser{login, &http.Client{Transport: f, Jar: jar, Timeout: 30 * time.Second}}
}

// signIn signs in by the portal's form.
func (b *browser) signIn(ctx context.Context) error {
	p, err := b.post(ctx, "/connexion", url.Values{"identifier": {address(b.login)}, "password": {password}})
	if err == nil && p.path != "/" {
		err = fmt.Errorf("led to %s (%d): %.300s", p.path, p.status, p.body)
	}
	if err != nil {
		return fmt.Errorf("signing in as %s: %w", b.login, err)
	}
	return nil
}

func (b *browser) get(ctx context.Context, path string) (page, error) {
	return b.send(ctx, http.MethodGet, path, "", nil)
}

func (b *browser) post(ctx context.Context, path string, form url.Values) (page, error) {
	return b.send(ctx, http.MethodPost, path, "application/x-www-form-urlencoded", []byte(form.Encode()))
}

// attach posts a step of a form with a document.
func (b *browser) attach(ctx context.Context, path, description, name string, content []byte) (page, error) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body) // over a buffer: nothing of it fails
	_ = w.WriteField("description", description)
	_ = w.WriteField("do", "attach")
	part, _ := w.CreateFormFile("document", name)
	_, _ = part.Write(content)
	_ = w.Close()
	return b.send(ctx, http.MethodPost, path, w.FormDataContentType(), body.Bytes())
}

func (b *browser) send(ctx context.Context, method, path, kind string, body []byte) (page, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://portal.example"+path, bytes.NewReader(body))
	if err != nil {
		return page{}, err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := b.client.Do(req)
	if err != nil {
		return page{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return page{res.Request.URL.Path, res.StatusCode, text}, err
}

// watch looks at a page of the portal over and over, and notes how it answers.
type watch struct {
	mu      sync.Mutex
	looks   int
	away    int           // times it said that the service is away
	gone    int           // times nobody answered at all
	slowest time.Duration // of those that were answered
	raw     []string      // answers that nobody should ever see
}

// run looks until ctx ends.
func (w *watch) run(ctx context.Context, b *browser) {
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
		began := time.Now()
		p, err := b.get(ctx, "/incidents")
		if ctx.Err() != nil {
			return
		}
		w.mu.Lock()
		w.looks++
		switch {
		case err != nil:
			w.gone++
		case p.away():
			w.away++
		case p.status != http.StatusOK || !p.ours() || !strings.HasPrefix(p.path, "/incidents"):
			w.raw = append(w.raw, fmt.Sprintf("%d at %s: %.200s", p.status, p.path, p.body))
		}
		if err == nil {
			w.slowest = max(w.slowest, time.Since(began))
		}
		w.mu.Unlock()
	}
}
