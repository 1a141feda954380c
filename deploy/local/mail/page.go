package mail

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

//go:embed templates static
var assets embed.FS

// pagePolicy is the Content-Security-Policy of every page; a message's HTML has
// a stricter one of its own.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// htmlPolicy lets a message show its own styles and embedded pictures; it runs
// nothing, loads nothing, sends nothing, and its links open in the whole tab.
const htmlPolicy = "sandbox allow-top-navigation-by-user-activation; default-src 'none'; style-src 'unsafe-inline'; " +
	"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// page is the web page: every mailbox, to read and to write, for who tries the
// demo. It asks for no password, hence loopback only.
type page struct {
	server    *Server
	templates map[string]*template.Template
}

func (s *Server) newPage() *http.Server {
	p := &page{server: s, templates: make(map[string]*template.Template)}
	functions := template.FuncMap{
		"long":     func(t time.Time) string { return longDate(t.In(s.opts.Location)) },
		"short":    func(t time.Time) string { return shortDate(t.In(s.opts.Location), s.opts.Now().In(s.opts.Location)) },
		"machine":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"who":      who,
		"names":    displayNames,
		"initial":  initial,
		"hue":      hue,
		"size":     size,
		"linkify":  linkify,
		"escape":   url.PathEscape,
		"domain":   domain,
		"local":    func(address string) string { return strings.TrimSuffix(address, "@"+domain(address)) },
		"received": func(folder string) bool { return folder == inbox },
	}
	for _, name := range []string{"index", "mailbox", "message", "compose", "error"} {
		p.templates[name] = template.Must(template.New("layout.html").Funcs(functions).
			ParseFS(assets, "templates/layout.html", "templates/"+name+".html"))
	}
	static, err := fs.Sub(assets, "static")
	if err != nil {
		panic(err) // embedded above
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.HandleFunc("GET /changes", p.changes)
	for pattern, handler := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /{$}":                                 p.index,
		"GET /mailboxes/{address}":                 p.mailbox,
		"GET /mailboxes/{address}/new":             p.composeForm,
		"POST /mailboxes/{address}/new":            p.composeSend,
		"GET /mailboxes/{address}/{id}":            p.message,
		"GET /mailboxes/{address}/{id}/reply":      p.composeForm,
		"POST /mailboxes/{address}/{id}/reply":     p.composeSend,
		"GET /mailboxes/{address}/{id}/html":       p.html,
		"GET /mailboxes/{address}/{id}/source":     p.source,
		"GET /mailboxes/{address}/{id}/parts/{no}": p.part,
	} {
		mux.Handle(pattern, p.handle(handler))
	}
	return &http.Server{
		Handler:           p.guard(http.NewCrossOriginProtection().Handler(mux)),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
}

// guard sets the headers of every answer, and refuses a Host that is not this
// machine: a site whose name was turned to 127.0.0.1 must not read the mail.
func (p *page) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this page answers on localhost only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// errNotFound is the error of a mailbox or message that is not there.
var errNotFound = errors.New("not found")

// handle renders the error of a handler.
func (p *page) handle(handler func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		err := handler(w, r)
		switch {
		case err == nil:
		case errors.Is(err, errNotFound):
			p.render(w, http.StatusNotFound, "error", map[string]any{"Title": "Introuvable",
				"Text": "Cette boîte ou ce message n’existe pas, ou plus."})
		default:
			p.server.opts.Logger.Error("mail: page", "path", r.URL.Path, "error", err)
			p.render(w, http.StatusInternalServerError, "error", map[string]any{"Title": "Erreur",
				"Text": "La page n’a pas pu être affichée. La cause est dans le journal."})
		}
	})
}

func (p *page) render(w http.ResponseWriter, status int, name string, data map[string]any) {
	var b bytes.Buffer
	if err := p.templates[name].Execute(&b, data); err != nil {
		p.server.opts.Logger.Error("mail: page", "template", name, "error", err)
		http.Error(w, "erreur", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader may be gone
}

// changes answers the number of changes, which the script compares to that of
// the page it is on.
func (p *page) changes(w http.ResponseWriter, _ *http.Request) {
	_, count := p.server.changes.next()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = fmt.Fprint(w, count) // the reader may be gone
}

// A group is the mailboxes of one academy.
type group struct {
	Name      string
	Mailboxes []mailbox
}

type mailbox struct {
	Account
	Count int  // messages in INBOX
	Last  *row // newest in INBOX
}

func (p *page) index(w http.ResponseWriter, _ *http.Request) error {
	_, count := p.server.changes.next() // before reading: a later one reloads the page
	var groups []*group
	byName := make(map[string]*group)
	for _, acc := range p.server.order {
		name := acc.Group
		if name == "" {
			name = domain(acc.Address)
		}
		g := byName[name]
		if g == nil {
			g = &group{Name: name}
			byName[name] = g
			groups = append(groups, g)
		}
		box := mailbox{Account: acc.Account}
		for _, m := range p.server.Messages(acc.Address) {
			if m.Folder == inbox {
				box.Count++
				box.Last = &row{Message: m}
			}
		}
		if box.Last != nil {
			box.Last.view = readHeaders(box.Last.Message)
		}
		g.Mailboxes = append(g.Mailboxes, box)
	}
	p.render(w, http.StatusOK, "index", map[string]any{"Title": "Boîtes aux lettres", "Groups": groups, "Changes": count})
	return nil
}

func (p *page) find(r *http.Request) (*account, error) {
	acc := p.server.accounts[strings.ToLower(r.PathValue("address"))]
	if acc == nil {
		return nil, errNotFound
	}
	return acc, nil
}

func (p *page) findMessage(r *http.Request) (*account, *Message, error) {
	acc, err := p.find(r)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range p.server.Messages(acc.Address) {
		if m.ID == r.PathValue("id") {
			return acc, &m, nil
		}
	}
	return nil, nil, errNotFound
}

func (p *page) mailbox(w http.ResponseWriter, r *http.Request) error {
	acc, err := p.find(r)
	if err != nil {
		return err
	}
	_, count := p.server.changes.next() // before reading: a later one reloads the page
	const most = 500
	messages := p.server.Messages(acc.Address)
	hidden := max(0, len(messages)-most)
	rows := make([]row, 0, most)
	for _, m := range messages[hidden:] {
		rows = append(rows, row{Message: m, view: readShort(m)})
	}
	p.render(w, http.StatusOK, "mailbox", map[string]any{"Title": acc.Address, "Account": acc.Account,
		"Threads": threads(rows), "Hidden": hidden, "Changes": count, "Sent": r.URL.Query().Has("sent")})
	return nil
}

func (p *page) message(w http.ResponseWriter, r *http.Request) error {
	acc, m, err := p.findMessage(r)
	if err != nil {
		return err
	}
	v := readMessage(*m)
	// The words first: their links are one click away, and a keyboard's too.
	showHTML := v.HTML != "" && (v.Text == "" || r.URL.Query().Get("as") == "html")
	p.render(w, http.StatusOK, "message", map[string]any{"Title": subject(v), "Account": acc.Account,
		"Message": row{Message: *m, view: v}, "ShowHTML": showHTML})
	return nil
}

func subject(v view) string {
	if v.Subject == "" {
		return "(sans objet)"
	}
	return v.Subject
}

func (p *page) html(w http.ResponseWriter, r *http.Request) error {
	_, m, err := p.findMessage(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", htmlPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// The first base element counts, so the message cannot put its own.
	_, _ = fmt.Fprint(w, `<!doctype html><meta charset="utf-8"><base target="_top">`, readMessage(*m).HTML)
	return nil
}

func (p *page) source(w http.ResponseWriter, r *http.Request) error {
	_, m, err := p.findMessage(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(m.Raw) // the reader may be gone
	return nil
}

func (p *page) part(w http.ResponseWriter, r *http.Request) error {
	_, m, err := p.findMessage(r)
	if err != nil {
		return err
	}
	attachments := readMessage(*m).Attachments
	no, err := strconv.Atoi(r.PathValue("no"))
	if err != nil || no < 0 || no >= len(attachments) {
		return errNotFound
	}
	a := attachments[no]
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	_, _ = w.Write(a.Content) // the reader may be gone
	return nil
}

func (p *page) composeForm(w http.ResponseWriter, r *http.Request) error {
	acc, err := p.find(r)
	if err != nil {
		return err
	}
	d := draft{To: r.URL.Query().Get("to")}
	if r.PathValue("id") != "" {
		_, m, err := p.findMessage(r)
		if err != nil {
			return err
		}
		d = replyDraft(*m, p.server.opts.Location)
	}
	p.compose(w, http.StatusOK, acc, d, "")
	return nil
}

func (p *page) compose(w http.ResponseWriter, status int, acc *account, d draft, problem string) {
	title := "Nouveau message"
	if d.ReplyTo != "" {
		title = "Répondre"
	}
	if problem != "" {
		title = "Erreur : " + title
	}
	p.render(w, status, "compose", map[string]any{"Title": title, "Account": acc.Account, "Draft": d, "Problem": problem})
}

func (p *page) composeSend(w http.ResponseWriter, r *http.Request) error {
	acc, err := p.find(r)
	if err != nil {
		return err
	}
	var parent *Message
	if r.PathValue("id") != "" {
		if _, parent, err = p.findMessage(r); err != nil {
			return err
		}
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4<<20)
	if err := r.ParseForm(); err != nil {
		p.compose(w, http.StatusRequestEntityTooLarge, acc, draft{}, "Le message est trop long : 4 Mo au plus.")
		return nil
	}
	d := draft{To: r.PostForm.Get("to"), Subject: r.PostForm.Get("subject"), Body: r.PostForm.Get("body"), ReplyTo: r.PathValue("id")}
	err = p.server.send(acc, d, parent)
	var refusal *smtp.SMTPError
	switch {
	case err == nil:
		http.Redirect(w, r, "/mailboxes/"+url.PathEscape(acc.Address)+"?sent", http.StatusSeeOther)
	case errors.Is(err, errBadAddress):
		p.compose(w, http.StatusUnprocessableEntity, acc, d, "L’adresse du destinataire n’est pas valable.")
	case errors.As(err, &refusal):
		p.compose(w, http.StatusUnprocessableEntity, acc, d, "Le serveur a refusé le message : "+refusal.Message)
	default:
		p.server.opts.Logger.Error("mail: sending from the page", "error", err)
		p.compose(w, http.StatusBadGateway, acc, d, "Le message n’a pas pu être envoyé. Réessayez.")
	}
	return nil
}
