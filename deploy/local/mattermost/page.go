package mattermost

import (
	"bytes"
	"embed"
	"encoding/json"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
)

//go:embed templates static
var pageFiles embed.FS

// contentPolicy is the page's: its own files and its own server, nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// page is the chat for people. What it does, it does through the API like any
// client; its own routes only render, so they take no faults and no counter.
type page struct {
	*Server
	templates *template.Template
	markdown  markdown
}

func (s *Server) pageRoutes(mux *http.ServeMux) {
	p := &page{Server: s, templates: template.Must(template.ParseFS(pageFiles, "templates/*.html")), markdown: newMarkdown()}
	static, err := fs.Sub(pageFiles, "static")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	handle := func(route string, h http.Handler) { mux.Handle(route, secured(h)) }
	user := func(route string, h handler) { handle(route, answerAfter(s.signedIn(h))) }

	handle("GET /{$}", http.HandlerFunc(p.chooser))
	handle("GET /chat", http.HandlerFunc(p.chat))
	for _, t := range s.world.teams { // a {team} in the pattern would claim the addresses of others
		handle("GET /"+t.Name+"/pl/{post}", http.HandlerFunc(p.chooser))
	}
	handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	handle("POST /page/signin", new(http.CrossOriginProtection).Handler(http.HandlerFunc(p.signIn)))
	user("GET /page/channels", p.channels)
	user("GET /page/posts", p.posts)
	user("GET /page/thread", p.thread)
	user("GET /page/post", p.post)
	user("POST /page/ephemeral", p.ephemeral)
	user("POST /page/text", p.text)
}

// secured adds the headers of the page.
func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// render writes a template, or a plain 500 when it fails: never half a page.
func (p *page) render(w http.ResponseWriter, name string, data any) error {
	var out bytes.Buffer
	if err := p.templates.ExecuteTemplate(&out, name, data); err != nil {
		p.log.Error("mattermost double cannot render", "template", name, "error", err)
		return internalError("app.page")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = out.WriteTo(w)
	return nil
}

// account is a seeded person on the first page.
type account struct {
	Username, Name, Initials, Position, Email string
	Hue                                       int
}

// chooser lists the seeded people by team; one click is a sign-in, as this is a
// demo. Real sign-in is the API's. A permalink asks who follows it, of those who
// may read the post.
func (p *page) chooser(w http.ResponseWriter, r *http.Request) {
	type group struct {
		Team     *model.Team
		Accounts []account
	}
	p.mu.Lock()
	linked := p.world.post(r.PathValue("post"))
	var groups []group
	for _, id := range p.world.teamOrder {
		g := group{Team: p.world.teams[id]}
		for _, userID := range p.world.userOrder {
			u := p.world.users[userID]
			own := p.world.channelsOf(userID, "")
			first := slices.IndexFunc(own, func(c *model.Channel) bool { return c.TeamId != "" })
			if u.IsBot || first < 0 || own[first].TeamId != id || linked != nil && !p.world.isMember(linked.ChannelId, userID) {
				continue
			}
			g.Accounts = append(g.Accounts, account{Username: u.Username, Name: personName(u), Initials: initials(u),
				Position: u.Position, Email: u.Email, Hue: hue(u.Id)})
		}
		groups = append(groups, g)
	}
	p.mu.Unlock()
	words := wordsFor(r.Header.Get("Accept-Language"))
	data := map[string]any{"T": words, "Groups": groups, "Linked": "", "Gone": false, "Try": p.suggestions(words)}
	if id := r.PathValue("post"); id != "" {
		data["Linked"], data["Gone"], data["Try"] = id, linked == nil, nil
	}
	if err := p.render(w, "chooser.html", data); err != nil {
		writeError(w, r, err)
	}
}

// suggestion is a thing to try on the first page.
type suggestion struct{ Link, Text, Draft string }

func (p *page) suggestions(words words) []suggestion {
	var list []suggestion
	for _, try := range p.world.try { // only the seed sets it, no lock needed
		q := url.Values{"user": {try.User}, "channel": {try.Channel}}
		if try.Draft != "" {
			q.Set("draft", try.Draft)
		}
		text := try.French
		if words.Lang == "en" {
			text = try.English
		}
		list = append(list, suggestion{Link: "/chat?" + q.Encode(), Text: text, Draft: try.Draft})
	}
	return list
}

// chat is the frame that chat.js fills: it shows nothing but names.
func (p *page) chat(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	u := p.world.userByName(r.URL.Query().Get("user"))
	p.mu.Unlock()
	if u == nil || u.IsBot {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	words := wordsFor(u.Locale)
	spoken, err := json.Marshal(words.script())
	if err != nil {
		writeError(w, r, internalError("app.page"))
		return
	}
	data := map[string]any{"T": words, "Words": string(spoken), "User": u, "Name": personName(u), "Initials": initials(u), "Hue": hue(u.Id)}
	if err := p.render(w, "chat.html", data); err != nil {
		writeError(w, r, err)
	}
}

// signIn answers POST /page/signin (form: user) with a session's token. Only the
// page's own origin can read it.
func (p *page) signIn(w http.ResponseWriter, r *http.Request) {
	token, err := p.NewToken(r.FormValue("user"))
	if err != nil {
		writeError(w, r, notFound("app.user.missing_account.const"))
		return
	}
	_ = writeJSON(w, http.StatusOK, map[string]string{"token": token})
}

// channelLine is a channel in the list at the left.
type channelLine struct {
	ID, Path, Name, Header, TeamID string
	Team                           string // the handle in permalinks
	Private                        bool
	Viewed                         int64 // milliseconds
	Unread, Mentions               int
	Peer                           string // user id, of a direct channel
	Initials                       string
	Hue                            int
}

// channels renders the list: the channels of each team, then the people one has
// or may have a direct channel with: the bots, and who wrote.
func (p *page) channels(w http.ResponseWriter, _ *http.Request, me *model.User) error {
	type group struct {
		Name  string
		Lines []channelLine
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var groups []group
	home := ""
	for _, teamID := range p.world.teamOrder {
		if !p.world.isMember(teamID, me.Id) {
			continue
		}
		home = or(home, teamID)
		g := group{Name: p.world.teams[teamID].DisplayName}
		for _, c := range p.world.channelsOf(me.Id, teamID) {
			if c.TeamId == teamID {
				line := channelLine{ID: c.Id, Path: p.world.teams[teamID].Name + "/" + c.Name, Name: c.DisplayName,
					Header: c.Header, TeamID: teamID, Private: c.Type == model.ChannelTypePrivate}
				g.Lines = append(g.Lines, p.counted(line, me))
			}
		}
		groups = append(groups, g)
	}
	direct := group{Name: wordsFor(me.Locale).Direct}
	for _, id := range p.world.userOrder {
		u, c := p.world.users[id], p.world.directChannel(me.Id, id)
		if id == me.Id || c == nil && (!u.IsBot || !p.world.isMember(home, id)) {
			continue
		}
		line := channelLine{Path: "@" + u.Username, Name: personName(u), TeamID: home, Peer: id, Initials: initials(u), Hue: hue(id)}
		if c != nil {
			line.ID = c.Id
		}
		direct.Lines = append(direct.Lines, p.counted(line, me))
	}
	return p.render(w, "channels", append(groups, direct))
}

// counted is a line with what the reader has not seen. The caller holds mu.
func (p *page) counted(line channelLine, me *model.User) channelLine {
	line.Unread, line.Mentions = p.unread(line.ID, me.Id)
	line.Viewed = p.world.viewed[line.ID+me.Id]
	if team := p.world.teams[line.TeamID]; team != nil {
		line.Team = team.Name
	}
	return line
}

// maxPagePosts is how many posts of a channel the page shows at once.
const maxPagePosts = 60

// posts renders the latest root posts of a channel (?channel=ID), or those before
// one of them (&before=ID), oldest first; a button for older ones above them.
func (p *page) posts(w http.ResponseWriter, r *http.Request, me *model.User) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.world.channels[r.URL.Query().Get("channel")]
	if c == nil || !p.world.mayRead(c, me.Id) {
		return forbidden()
	}
	older := p.world.timeline[c.Id]
	if i := slices.Index(older, r.URL.Query().Get("before")); i >= 0 {
		older = older[:i]
	}
	var views []postView
	more := false
	for _, id := range slices.Backward(older) {
		if post := p.world.post(id); post != nil && post.RootId == "" {
			if more = len(views) == maxPagePosts; more {
				break
			}
			views = append(views, p.view(post, me))
		}
	}
	slices.Reverse(views)
	if more {
		w.Header().Set("X-More", "true")
	}
	return p.render(w, "posts", views)
}

// thread renders a root post and its replies (?post=ID).
func (p *page) thread(w http.ResponseWriter, r *http.Request, me *model.User) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	root, err := p.visible(r.URL.Query().Get("post"), me)
	if err != nil {
		return err
	}
	views := []postView{p.view(root, me)}
	for _, reply := range p.world.replies(root.Id) {
		views = append(views, p.view(reply, me))
	}
	return p.render(w, "posts", views)
}

// post renders one post (?id=ID), after an event told the page of it.
func (p *page) post(w http.ResponseWriter, r *http.Request, me *model.User) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	post, err := p.visible(r.URL.Query().Get("id"), me)
	if err != nil {
		return err
	}
	return p.render(w, "posts", []postView{p.view(post, me)})
}

// ephemeral renders the post of an ephemeral_message event, which the server
// does not keep.
func (p *page) ephemeral(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var post model.Post
	if err := readJSON(r, "post", &post); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.render(w, "posts", []postView{p.view(&post, me)})
}

// text renders a piece of Markdown outside of posts: a dialog's introduction.
func (p *page) text(w http.ResponseWriter, r *http.Request, _ *model.User) error {
	var source string
	if err := readJSON(r, "text", &source); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(p.markdown.html(source)))
	return nil
}

// personName is how the page calls someone.
func personName(u *model.User) string { return or(strings.TrimSpace(u.GetFullName()), u.Username) }

// initials are up to two letters for an avatar.
func initials(u *model.User) string {
	var letters []rune
	for word := range strings.FieldsSeq(personName(u)) {
		letters = append(letters, []rune(word)[0])
	}
	return strings.ToUpper(string(letters[:min(len(letters), 2)]))
}

// hue chooses one of the eight colours of an avatar.
func hue(id string) int {
	sum := 0
	for _, b := range []byte(id) {
		sum += int(b)
	}
	return sum % 8
}
