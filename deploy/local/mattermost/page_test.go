package mattermost_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/deploy/local/wait"
)

// get is a page of the double and its headers.
func (d *double) get(t *testing.T, path, language string) (string, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL()+path, nil)
	ok(t, err)
	req.Close = true
	req.Header.Set("Accept-Language", language)
	res, err := http.DefaultClient.Do(req)
	ok(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	ok(t, err)
	equal(t, "status of "+path, res.StatusCode, http.StatusOK)
	return string(body), res.Header
}

func TestTheFirstPageListsPeopleNotBots(t *testing.T) {
	d := start(t)
	body, header := d.get(t, "/", "fr")
	contains(t, body, "Qui êtes-vous")
	contains(t, body, `data-user="agent"`)
	contains(t, body, "Agathe Exemple")
	contains(t, body, agentParis)
	if strings.Contains(body, "cecoia") {
		t.Error("bots are not for the list")
	}
	policy := header.Get("Content-Security-Policy")
	contains(t, policy, "script-src 'self'")
	if strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
	for _, inline := range []string{"<script>", "<style", " style=", " onclick="} {
		for _, path := range []string{"/", "/chat?user=agent"} {
			if body, _ := d.get(t, path, "fr"); strings.Contains(body, inline) {
				t.Errorf("%s has %q", path, inline)
			}
		}
	}
	english, _ := d.get(t, "/", "en-GB,en;q=0.8")
	contains(t, english, "Who are you?")
}

func TestSigningInOnThePageIsForItsOwnOriginOnly(t *testing.T) {
	d := start(t)
	signIn := func(origin string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL()+"/page/signin", strings.NewReader("user=agent"))
		ok(t, err)
		req.Close = true
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", origin)
		res, err := http.DefaultClient.Do(req)
		ok(t, err)
		_ = res.Body.Close()
		return res.StatusCode
	}
	equal(t, "own", signIn(d.URL()), http.StatusOK)
	equal(t, "foreign", signIn("http://evil.test"), http.StatusForbidden)
}

func TestThePageRendersMarkdownSafely(t *testing.T) {
	d := start(t)
	token, err := d.NewToken("agent")
	ok(t, err)
	for source, want := range map[string]string{
		"**gras** et `code`":                "<strong>gras</strong> et <code>code</code>",
		"<b>x</b><script>alert(1)</script>": "&lt;b&gt;x&lt;/b&gt;&lt;script&gt;",
		"[a](javascript:alert(1))":          `<a href="" `,
		"| a | b |\n|---|---|\n| 1 | 2 |":   "<td>1</td>",
		"un\ndeux":                          "un<br>",
		"bonjour @superviseur.":             `<em class="mention">@superviseur</em>.`,
		"écrire à agent@creteil.example":    `href="mailto:agent@creteil.example"`,
		"https://portail.example/t/1":       `rel="noopener noreferrer nofollow"`,
	} {
		p := post(t, d.bot(), &model.Post{ChannelId: assistance, Message: source})
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL()+"/page/post?id="+p.Id, nil)
		ok(t, err)
		req.Close = true
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		ok(t, err)
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		ok(t, err)
		contains(t, string(body), want)
		if strings.Contains(string(body), "javascript:") || strings.Contains(string(body), "<script") {
			t.Errorf("%q is not safe: %s", source, body)
		}
	}
}

// browser opens Debian's Chromium at a path of the double.
func (d *double) browser(t *testing.T, width, height int, path string) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 10*time.Minute)
	opts := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(chromedp.DefaultExecAllocatorOptions)],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(width, height), chromedp.Flag("disable-quic", true), chromedp.WSURLReadTimeout(time.Minute))
	ctx, stopAllocator := chromedp.NewExecAllocator(ctx, opts...)
	ctx, stop := chromedp.NewContext(ctx)
	t.Cleanup(func() { stop(); stopAllocator(); cancel() })
	ok(t, chromedp.Do(ctx, chromedp.EmulateViewport(int64(width), int64(height)))) // starts the browser, which lives as long as ctx
	ok(t, chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *cdplog.EventEntryAdded:
			if e.Entry.Source != cdplog.EntrySourceNetwork { // the API's refusals are the story's
				t.Errorf("the browser logs %s: %s", e.Entry.Source, e.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			t.Errorf("the page throws %s", e.ExceptionDetails.Text)
		}
	}))
	steps(ctx, t, chromedp.Navigate(d.URL()+path))
	return ctx
}

func steps(ctx context.Context, t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	for i, a := range actions {
		step, cancel := context.WithTimeout(ctx, patience)
		err := chromedp.Do(step, a)
		cancel()
		if err != nil {
			shot, _ := chromedp.Run(ctx, chromedp.CaptureScreenshot())
			name := t.ArtifactDir() + "/failed.png"
			_ = os.WriteFile(name, shot, 0o600)
			t.Fatalf("step %d: %v (see %s)", i, err, name)
		}
	}
}

// ready waits for the page to be signed in, filled and live. A query would stay
// bound to the document that a click is leaving; an evaluation does not.
func ready(ctx context.Context, t *testing.T) {
	t.Helper()
	wait.Until(t, "the page is ready", func() bool {
		done, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.body?.dataset.ready === 'true'`))
		return err == nil && done
	})
}

// enter opens a channel and waits until its posts are there: those that were
// fetched before would take the place of what is written meanwhile.
func enter(ctx context.Context, t *testing.T, channel string) {
	t.Helper()
	link := `[data-channel="` + channel + `"]`
	// At once: the list may be drawn anew between a look at the link and a click on it.
	evaluate(ctx, t, `(document.querySelector('`+link+`').click(), '')`)
	steps(ctx, t, see(link+"[aria-current]"), see("#posts:not([aria-busy])"))
}

func text(ctx context.Context, t *testing.T, selector string) string {
	t.Helper()
	return evaluate(ctx, t, "document.querySelector("+strconv.Quote(selector)+").textContent")
}

func evaluate(ctx context.Context, t *testing.T, script string) string {
	t.Helper()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string](script))
	ok(t, err)
	return s
}

func see(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(chromedp.CSS(selector))
}

func press(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)
}

func write(selector, keys string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.CSS(selector), keys)
}

func TestAPersonLivesTheStoryInABrowser(t *testing.T) {
	d := start(t)
	card := d.postCard(t)
	ctx := d.browser(t, 1280, 900, "/")
	steps(ctx, t, press(`[data-user="agent"]`))
	ready(ctx, t)
	steps(ctx, t, see(`#posts [data-post-id="`+card.Id+`"]`))

	// A command: the hint, then an answer only its reader sees.
	d.in.answers(answerJSON(`{"text":"**trois** tickets\n\n| N° | Âge |\n|:---|---:|\n| 7 | 4 min |"}`))
	steps(ctx, t, write("#message-box", "/tic"), see(`[data-suggestion="ticket"]`))
	contains(t, text(ctx, t, "#suggestions"), "[verbe] [numéro]")
	steps(ctx, t, write("#message-box", "\tliste\r"), see("#posts .ephemeral strong"))
	equal(t, "command", d.in.last(t).form(t).Get("text"), "liste")

	// What the server refuses is said where people look.
	steps(ctx, t, write("#message-box", "/inconnu\r"), see("#notice"))
	contains(t, text(ctx, t, "#notice"), "/inconnu")
	equal(t, "kept for another try", evaluate(ctx, t, `document.getElementById('message-box').value`), "/inconnu")
	evaluate(ctx, t, `document.getElementById('message-box').value = ''`)

	// A button updates the card in place.
	d.in.answers(answerJSON(`{"update":{"message":"pris par @agent"}}`))
	steps(ctx, t, press(`[data-action="prendre"]`), see("#posts .edited"))
	contains(t, text(ctx, t, `#posts [data-post-id="`+card.Id+`"] .message`), "pris par @agent")

	// A menu sends its option.
	d.in.answers(answerJSON(`{}`))
	evaluate(ctx, t, `(() => { const menu = document.querySelector('[data-action="theme"]'); menu.value = 'ent';
		menu.dispatchEvent(new Event('change', {bubbles: true})); return ''; })()`)
	wait.Until(t, "the menu was sent", func() bool { return d.in.last(t).json(t)["type"] == "select" })

	// A thread: what is written there stays there, and a command in it says so.
	steps(ctx, t, press(`[data-post-id="`+card.Id+`"] [data-open-thread]`), see(`#thread-posts [data-post-id="`+card.Id+`"]`),
		write("#thread-box", "une note\r"), see("#thread-posts .own"), see("#posts .replies"))
	d.in.answers(answerJSON(`{"text":"dans le fil"}`))
	steps(ctx, t, write("#thread-box", "/ticket voir\r"), see("#thread-posts .ephemeral"))
	equal(t, "root", d.in.last(t).form(t).Get("root_id"), card.Id)

	// Someone else's post arrives by itself.
	post(t, d.as(superviseur), &model.Post{ChannelId: assistance, Message: "arrivé tout seul"})
	steps(ctx, t, see(`#posts [data-author="superviseur"]`))

	// A dialog shows the integration's field errors, then closes.
	trigger := d.in.last(t).form(t).Get("trigger_id")
	_, err := d.client().OpenInteractiveDialog(t.Context(), d.dialog(trigger))
	ok(t, err)
	d.in.answers(answerJSON(`{"errors":{"solution":"Trop court."}}`))
	steps(ctx, t, see("#dialog-submit"))
	equal(t, "the introduction is Markdown", text(ctx, t, "#dialog strong"), "I261121_007")
	steps(ctx, t, see("#dialog-submit"), press("#dialog-submit"), see(`[data-error-for="solution"]:not(:empty)`))
	equal(t, "nothing sent", text(ctx, t, `[data-error-for="solution"]`), "Ce champ est obligatoire.")
	steps(ctx, t, write(`[name="solution"]`, "bref"), press("#dialog-submit"))
	wait.Until(t, "the integration's error is shown", func() bool {
		return text(ctx, t, `[data-error-for="solution"]`) == "Trop court."
	})
	d.in.answers(answerJSON(`{}`))
	steps(ctx, t, press("#dialog-submit"), chromedp.WaitNotVisible(chromedp.CSS("#dialog-submit")))
	equal(t, "submitted", d.in.last(t).json(t)["submission"].(map[string]any)["solution"], any("bref"))

	// A direct channel with the bot, and a message that arrives meanwhile.
	enter(ctx, t, "@cecoia")
	steps(ctx, t, write("#message-box", "bonjour\r"), see("#posts .own"))
	equal(t, "direct", d.DirectPosts("agent", "cecoia")[0].Message, "bonjour")
	d.clock.advance(time.Second)
	post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "pendant ce temps"})
	steps(ctx, t, see(`[data-channel="creteil/assistance"][data-unread="1"]`))

	// A restart of the server is survived.
	d.DropSockets()
	wait.Until(t, "the page listens again", func() bool { return d.Sockets() == 1 })
	ready(ctx, t)
}

func TestThePageFitsA320PixelScreen(t *testing.T) {
	d := start(t)
	d.postCard(t)
	ctx := d.browser(t, 320, 640, "/chat?user=agent&channel=creteil/assistance")
	ready(ctx, t)
	wide, err := chromedp.Run(ctx, chromedp.Evaluate[float64](`document.documentElement.scrollWidth`))
	ok(t, err)
	if wide > 320 {
		t.Errorf("the page is %v px wide", wide)
	}
	// The menu covers its own button: a click beside it, or Escape, closes it.
	steps(ctx, t, press("#menu"), see(`[data-channel="@cecoia"]`))
	evaluate(ctx, t, `(document.elementFromPoint(310, 300).click(), '')`)
	steps(ctx, t, chromedp.WaitNotPresent(chromedp.CSS(".menu-open")), press("#menu"), see(`[data-channel="@cecoia"]`),
		write(`[data-channel][aria-current]`, kb.Escape), chromedp.WaitNotPresent(chromedp.CSS(".menu-open")))
	// What goes wrong in a thread, which covers the channel, is said in the thread.
	steps(ctx, t, press("#posts [data-open-thread]"), write("#thread-box", "/inconnu\r"), see("#thread #notice"))
	steps(ctx, t, write("#thread-box", "x"), chromedp.WaitNotVisible(chromedp.CSS("#notice")), press("#thread-close"))
	steps(ctx, t, press("#menu"), see(`[data-channel="@cecoia"]`), press(`[data-channel="@cecoia"]`), see("#message-box"), chromedp.WaitNotPresent(chromedp.CSS(".menu-open")))
	contains(t, text(ctx, t, "#channel-name"), "Cecoia")
	contains(t, evaluate(ctx, t, `getComputedStyle(document.getElementById('posts'), '::before').content`), "Rien ici pour l’instant")
}

func TestALinkOpensAChannelAndAThread(t *testing.T) {
	d := start(t)
	p := post(t, d.bot(), &model.Post{ChannelId: supervision, Message: "alerte"})
	q := url.Values{"user": {"superviseur"}, "channel": {"creteil/supervision"}, "thread": {p.Id}}
	ctx := d.browser(t, 1280, 900, "/chat?"+q.Encode())
	ready(ctx, t)
	steps(ctx, t, see(`#thread-posts [data-post-id="`+p.Id+`"]`))
	contains(t, text(ctx, t, "#channel-name"), "Supervision")
	contains(t, text(ctx, t, "#thread-name"), "Thread") // this supervisor reads English
}

func TestAPermalinkOpensThePostWhereItIs(t *testing.T) {
	d := start(t)
	there := post(t, d.bot(), &model.Post{ChannelId: supervision, Message: "la carte maintenant"})
	reply := post(t, d.bot(), &model.Post{ChannelId: supervision, Message: "dans son fil", RootId: there.Id})
	post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "[là-bas](" + d.URL() + "/creteil/pl/" + reply.Id + ")"})
	ctx := d.browser(t, 1280, 900, "/chat?user=superviseur&channel=creteil/assistance")
	ready(ctx, t)
	steps(ctx, t, press(`#posts a[href*="/pl/"]`), see(`#thread-posts [data-post-id="`+reply.Id+`"]`), see(`#posts .found[data-post-id="`+there.Id+`"]`))
	contains(t, text(ctx, t, "#channel-name"), "Supervision")
}
