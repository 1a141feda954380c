package mattermost_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/wait"
)

// accessible runs axe-core on the page as it stands.
func accessible(ctx context.Context, t *testing.T, where string) {
	t.Helper()
	axe, err := os.ReadFile("../../../.ci/node_modules/axe-core/axe.min.js")
	ok(t, err)
	_, err = chromedp.Run(ctx, chromedp.Evaluate[bool](`(() => { if (!window.axe) { `+string(axe)+` } return true })()`))
	ok(t, err)
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`axe.run(document).then(r =>
		r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + v.help + " – " + n.target.join(" ") + " – " + n.html.slice(0, 160))))`, chromedp.EvalAwaitPromise))
	ok(t, err)
	for _, f := range found {
		t.Errorf("%s: %s", where, f)
	}
}

// scheme sets the colours, and no transitions between them, half of which would
// be measured.
func scheme(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	})
}

func TestThePageIsAccessible(t *testing.T) {
	d := start(t, func(o *mattermost.Options) {
		o.Seed.Try = []mattermost.Suggestion{{User: "agent", Channel: "creteil/assistance", Draft: "/ticket aide", French: "Essayez", English: "Try"}}
	})
	card := d.postCard(t)
	post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "une note pour @agent", RootId: card.Id})
	d.in.answers(answerJSON(`{"text":"| N° | Âge |\n|:---|---:|\n| 7 | 4 min |"}`))
	ctx := d.browser(t, 1280, 900, "/")
	for _, colours := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 375} {
			where := fmt.Sprintf("%s %d", colours, width)
			steps(ctx, t, chromedp.EmulateViewport(width, 800), scheme(colours), chromedp.Navigate(d.URL()+"/"))
			accessible(ctx, t, where+", first page")
			steps(ctx, t, chromedp.Navigate(d.URL()+"/chat?user=agent&channel=creteil/assistance"))
			ready(ctx, t)
			steps(ctx, t, write("#message-box", "/ticket liste\r"), see("#posts .ephemeral table"), write("#message-box", "@sup"), see("#suggestions:not([hidden])"))
			accessible(ctx, t, where+", channel")
			steps(ctx, t, write("#message-box", strings.Repeat(kb.Backspace, 4)))
			evaluate(ctx, t, `(document.querySelector('[data-post-id="`+card.Id+`"] [data-open-thread]').click(), '')`)
			steps(ctx, t, see("#thread-posts .mention"))
			accessible(ctx, t, where+", thread")
			_, err := d.client().OpenInteractiveDialog(t.Context(), d.dialog(d.in.last(t).form(t).Get("trigger_id")))
			ok(t, err)
			steps(ctx, t, see("#dialog-submit"), press("#dialog-submit"), see(`[data-error-for="solution"]:not(:empty)`))
			accessible(ctx, t, where+", dialog")
		}
	}
}

func TestWhateverPeopleWriteStaysOnThePage(t *testing.T) {
	d := start(t)
	for _, words := range []string{
		`<img src=x onerror="document.title='gone'"><script>document.title='gone'</script>`,
		strings.Repeat("anticonstitutionnellement", 80),
		"مرحبا بالعالم، كيف الحال اليوم؟",
		"🙂👩\u200d🚒🇫🇷",
		strings.Repeat("é", 16383),
		"| " + strings.Repeat("colonne | ", 40) + "\n|" + strings.Repeat("---|", 40) + "\n",
		"`" + strings.Repeat("code", 300) + "`",
	} {
		post(t, d.as(agent), &model.Post{ChannelId: assistance, Message: words})
	}
	hostile := &model.Post{ChannelId: assistance, Message: "carte"}
	hostile.AddProp("attachments", []*model.MessageAttachment{{Title: strings.Repeat("titre", 100), Text: "<b>x</b>" + strings.Repeat("y", 500), TitleLink: "javascript:alert(1)", Color: "#0a0",
		Fields:  []*model.MessageAttachmentField{{Title: "<i>", Value: strings.Repeat("v", 400), Short: true}},
		Actions: []*model.PostAction{{Id: "long", Type: "button", Name: strings.Repeat("Bouton ", 40), Integration: &model.PostActionIntegration{URL: d.in.URL}}}}})
	post(t, d.bot(), hostile)
	for _, width := range []int{1280, 320} {
		ctx := d.browser(t, width, 800, "/chat?user=agent&channel=creteil/assistance")
		ready(ctx, t)
		if wide := evaluate(ctx, t, `[...document.querySelectorAll('body, #posts, #posts article')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className + e.id + e.innerText.slice(0, 40)).join()`); wide != "" {
			t.Errorf("wider than %d px: %s", width, wide)
		}
		contains(t, evaluate(ctx, t, `document.title`), "Agathe")
		contains(t, text(ctx, t, "#posts article:first-of-type .message"), "<img src=x")
		equal(t, "right to left", evaluate(ctx, t, `getComputedStyle([...document.querySelectorAll('.message')].find(e => e.textContent.startsWith('مرحبا'))).direction`), "rtl")
		equal(t, "no script in a link", evaluate(ctx, t, `String(document.querySelector('#posts .attachment-title a'))`), "null")
		steps(ctx, t, press(`#posts .long [data-unfold]`), chromedp.WaitNotVisible(chromedp.CSS(`#posts .long [data-unfold]`)))
	}
}

func TestWhatIsTypedIsNeverLost(t *testing.T) {
	d := start(t)
	ctx := d.browser(t, 1280, 900, "/chat?user=agent&channel=creteil/assistance")
	ready(ctx, t)
	value := func() string { return evaluate(ctx, t, `document.getElementById('message-box').value`) }
	steps(ctx, t, write("#message-box", "à moitié écrit"))
	enter(ctx, t, "@cecoia")
	equal(t, "another channel", value(), "")
	enter(ctx, t, "creteil/assistance")
	wait.Until(t, "it is back", func() bool { return value() == "à moitié écrit" })
	post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "entre-temps"})
	steps(ctx, t, see(`#posts [data-author="cecoia"]`))
	d.DropSockets()
	wait.Until(t, "the page listens again", func() bool { return d.Sockets() == 1 })
	ready(ctx, t)
	equal(t, "after a restart", value(), "à moitié écrit")
	steps(ctx, t, chromedp.Reload())
	ready(ctx, t)
	equal(t, "after a reload", value(), "à moitié écrit")

	// Shift+Enter is a new line, Enter sends, ↑ brings back.
	steps(ctx, t, write("#message-box", " ici"), chromedp.KeyEvent(kb.Enter, chromedp.KeyModifiers(8)), write("#message-box", "et là"), write("#message-box", "\r"), see("#posts .own"))
	equal(t, "two lines", d.Posts(assistance)[1].Message, "à moitié écrit ici\net là")
	d.in.answers(answerJSON(`{"text":"fait"}`))
	steps(ctx, t, write("#message-box", "/ticket liste\r"), see("#posts .ephemeral"), write("#message-box", kb.ArrowUp))
	equal(t, "the last line", value(), "/ticket liste")
	steps(ctx, t, write("#message-box", kb.ArrowUp))
	equal(t, "the line before", value(), "à moitié écrit ici\net là")
	steps(ctx, t, write("#message-box", kb.ArrowDown+kb.ArrowDown))
	equal(t, "and forth", value(), "")

	// Ephemerals outlive a look at another channel.
	enter(ctx, t, "@cecoia")
	enter(ctx, t, "creteil/assistance")
	steps(ctx, t, see("#posts .ephemeral"), press("#posts .ephemeral [data-dismiss]"), chromedp.WaitNotPresent(chromedp.CSS("#posts .ephemeral")))
}

func TestPeopleAndChannelsAreSuggested(t *testing.T) {
	d := start(t)
	ctx := d.browser(t, 1280, 900, "/chat?user=agent&channel=creteil/assistance")
	ready(ctx, t)
	value := func() string { return evaluate(ctx, t, `document.getElementById('message-box').value`) }
	steps(ctx, t, write("#message-box", "/ticket affecter 12 @sup"), see(`[data-suggestion="superviseur"]`), write("#message-box", "\t"))
	equal(t, "completed", value(), "/ticket affecter 12 @superviseur ")
	steps(ctx, t, write("#message-box", "~ca"), see(`[data-suggestion="cantine"]`), write("#message-box", kb.Escape), chromedp.WaitNotVisible(chromedp.CSS("#suggestions")))
	evaluate(ctx, t, `document.getElementById('message-box').value = ''`)
	steps(ctx, t, write("#message-box", "@"), see(`[data-suggestion="cecoia"]`), write("#message-box", kb.ArrowDown), see(`[aria-selected="true"]`))
	first := evaluate(ctx, t, `document.querySelector('[aria-selected=true]').dataset.suggestion`)
	steps(ctx, t, write("#message-box", "\r"))
	equal(t, "chosen by Enter", value(), "@"+first+" ")
	steps(ctx, t, write("#message-box", "bonjour\r"), see("#posts .own .mention"))
}

func TestOneEditsAndDeletesOnThePage(t *testing.T) {
	d := start(t)
	card := d.postCard(t)
	ctx := d.browser(t, 1280, 900, "/chat?user=agent&channel=creteil/assistance")
	ready(ctx, t)
	steps(ctx, t, write("#message-box", "bonjou\r"), see("#posts .own"))
	mine := func(what string) string { return `#posts .own ` + what }
	click := func(selector string) { evaluate(ctx, t, `(document.querySelector('`+selector+`').click(), '')`) }
	click(mine("[data-edit]"))
	wait.Until(t, "the message is in the box", func() bool {
		return evaluate(ctx, t, `document.getElementById('message-box').value`) == "bonjou"
	})
	steps(ctx, t, write("#message-box", "r\r"), see(mine(".edited")))
	contains(t, text(ctx, t, mine(".message")), "bonjour")
	equal(t, "others' posts are not mine to delete", evaluate(ctx, t, `String(document.querySelector('[data-post-id="`+card.Id+`"] [data-delete]'))`), "null")
	click(mine("[data-delete]"))
	steps(ctx, t, press("#dialog-submit"), chromedp.WaitNotPresent(chromedp.CSS("#posts .own")))

	// An administrator of the team deletes a card; who reads it sees it go.
	admin := d.browser(t, 1280, 900, "/chat?user=superviseur&channel=creteil/assistance")
	ready(admin, t)
	evaluate(admin, t, `(document.querySelector('[data-post-id="`+card.Id+`"] [data-delete]').click(), '')`)
	steps(admin, t, press("#dialog-submit"))
	steps(ctx, t, chromedp.WaitNotPresent(chromedp.CSS(`[data-post-id="`+card.Id+`"]`)))
}

func TestAPermalinkIsCopiedAndFollowedFromOutside(t *testing.T) {
	d := start(t)
	card := d.postCard(t)
	alarm := post(t, d.bot(), &model.Post{ChannelId: supervision, Message: "alerte"})
	ctx := d.browser(t, 1280, 900, "/chat?user=agent&channel=creteil/assistance")
	ready(ctx, t)
	evaluate(ctx, t, `(navigator.clipboard.writeText = async link => { window.copied = link }, '')`)
	// What is said is soon taken back.
	evaluate(ctx, t, `(window.said = '', new MutationObserver(seen => { window.said += seen[0].target.textContent }).observe(document.getElementById('status'), {childList: true}), '')`)
	evaluate(ctx, t, `(document.querySelector('[data-post-id="`+card.Id+`"] [data-copy-link]').click(), '')`)
	link := "/creteil/pl/" + card.Id
	wait.Until(t, "the link is copied", func() bool { return evaluate(ctx, t, `window.copied ?? ''`) == d.URL()+link })
	contains(t, evaluate(ctx, t, `window.said`), "Lien copié")
	evaluate(ctx, t, `(navigator.clipboard.writeText = async () => { throw new Error() }, document.querySelector('[data-copy-link]').click(), '')`)
	steps(ctx, t, see("#notice"))
	contains(t, text(ctx, t, "#notice"), link)

	steps(ctx, t, chromedp.Navigate(d.URL()+link), press(`[data-user="agent"]`))
	ready(ctx, t)
	steps(ctx, t, see(`#posts .found[data-post-id="`+card.Id+`"]`))
	body, _ := d.get(t, "/creteil/pl/"+alarm.Id, "fr")
	if strings.Contains(body, `data-user="agent"`) || !strings.Contains(body, `data-user="superviseur"`) {
		t.Error("a link is offered to who may read the post, and nobody else")
	}
	gone, _ := d.get(t, "/creteil/pl/"+strings.Repeat("x", 26), "fr")
	contains(t, gone, "n’existe plus")
}

func TestTheFirstPageSaysWhatToTry(t *testing.T) {
	d := start(t, func(o *mattermost.Options) {
		o.Seed.Try = []mattermost.Suggestion{{User: "agent", Channel: "creteil/assistance", Draft: "/ticket aide", French: "Essayez l’aide", English: "Try help"}}
	})
	ctx := d.browser(t, 1280, 900, "/")
	contains(t, text(ctx, t, ".try"), "/ticket aide")
	steps(ctx, t, press(".try a"))
	ready(ctx, t)
	equal(t, "ready to send", evaluate(ctx, t, `document.getElementById('message-box').value`), "/ticket aide")
	steps(ctx, t, press("#sign-out"), see(".chooser"))
	_, res, err := func() (*model.User, *model.Response, error) {
		c := d.client()
		c.SetToken(evaluate(ctx, t, `sessionStorage.getItem('token:agent') ?? 'none'`))
		return c.GetMe(t.Context(), "")
	}()
	refused(t, res, err, http.StatusUnauthorized, "api.context.session_expired.app_error")
}

func TestUnreadMarksSurviveSigningOut(t *testing.T) {
	d := start(t)
	dm, _, err := d.bot().CreateDirectChannel(t.Context(), mattermost.UserID("agent"), mattermost.UserID("cecoia"))
	ok(t, err)
	post(t, d.bot(), &model.Post{ChannelId: dm.Id, Message: "un complément"})
	post(t, d.as(superviseur), &model.Post{ChannelId: assistance, Message: "bonjour"})
	d.clock.advance(time.Second)
	ctx := d.browser(t, 1280, 900, "/chat?user=agent&channel=creteil/assistance")
	ready(ctx, t)
	equal(t, "called", text(ctx, t, `[data-channel="@cecoia"] .mentions`), "1")
	contains(t, evaluate(ctx, t, `document.title`), "(1)")
	steps(ctx, t, press(`[data-channel="@cecoia"]`), see("#posts [data-post-id]"), chromedp.WaitNotPresent(chromedp.CSS(`[data-channel="@cecoia"][data-unread]`)))
	d.clock.advance(time.Second)
	post(t, d.as(superviseur), &model.Post{ChannelId: assistance, Message: "es-tu là ?"})
	steps(ctx, t, see(`[data-channel="creteil/assistance"][data-unread="1"]`), press(`[data-channel="creteil/assistance"]`), see("#posts .fresh"),
		chromedp.WaitNotPresent(chromedp.CSS(`[data-channel="creteil/assistance"][data-unread]`)))
	steps(ctx, t, chromedp.Reload())
	ready(ctx, t)
	equal(t, "seen for good", evaluate(ctx, t, `String(document.querySelector('[data-unread], .fresh'))`), "null")
}

func TestAChannelsPastIsFetchedByPages(t *testing.T) {
	d := start(t)
	for i := range 130 {
		post(t, d.bot(), &model.Post{ChannelId: assistance, Message: fmt.Sprintf("message %03d", i)})
	}
	ctx := d.browser(t, 1280, 900, "/chat?user=agent&channel=creteil/assistance")
	ready(ctx, t)
	count := func() string { return evaluate(ctx, t, `String(document.querySelectorAll('#posts article').length)`) }
	equal(t, "the latest", count(), "60")
	for _, want := range []string{"120", "130"} {
		steps(ctx, t, press("#posts .older"))
		wait.Until(t, "older ones", func() bool { return count() == want })
	}
	contains(t, text(ctx, t, "#posts article"), "message 000")
	equal(t, "no more of them", evaluate(ctx, t, `String(document.querySelector('.older'))`), "null")
}
