package web_test

import (
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"cecoia.example/deploy/local/chromium/chromiumtest"
)

// chromium is Debian's Chromium, without a window, on a portal.
type chromium struct {
	t      *testing.T
	portal *portal
	ctx    context.Context
}

// openChromium opens a window with one tab; it closes with the test.
func openChromium(t *testing.T, p *portal) *chromium {
	t.Helper()
	ctx := chromiumtest.New(t)
	t.Cleanup(func() {
		for line := range strings.Lines(p.log.String()) {
			if t.Failed() && strings.Contains(line, "level=ERROR") {
				t.Log(line)
			}
		}
	})
	return &chromium{t: t, portal: p, ctx: ctx}
}

// do runs steps within 40 s.
func (c *chromium) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, 40*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		c.t.Fatalf("%s: %v\nat %s:\n%.2000s", what, err, ask[string](c, `location.href`), ask[string](c, `document.body.innerText`))
	}
}

// ask evaluates an expression of the page, a promise too.
func ask[T any](c *chromium, expression string) T {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, 40*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		c.t.Fatalf("%.200s: %v", expression, err)
	}
	return v
}

func (c *chromium) open(path string) {
	c.t.Helper()
	c.do("opening "+path, chromedp.Navigate(c.portal.URL+path))
}

// submit clicks what leads to another page, and waits for that.
func (c *chromium) submit(selector string) {
	c.t.Helper()
	c.navigate("clicking "+selector, chromedp.Click(selector, chromedp.NodeVisible))
}

// navigate runs steps that lead to another page, and waits for that.
func (c *chromium) navigate(what string, steps ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, 40*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, steps...); err != nil {
		c.t.Fatalf("%s: %v\nat %s:\n%.2000s", what, err, ask[string](c, `location.href`), ask[string](c, `document.body.innerText`))
	}
}

// become takes the cookies of a visitor, and none of another.
func (c *chromium) become(b *browser) {
	c.t.Helper()
	at, err := url.Parse(c.portal.URL)
	if err != nil {
		c.t.Fatal(err)
	}
	c.do("cookies", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
			return err
		}
		for _, cookie := range b.client.Jar.Cookies(at) {
			_, err := cdp.Call(ctx, t, network.SetCookie, network.SetCookieParams{Name: cookie.Name, Value: cookie.Value, URL: c.portal.URL})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// look is how a page is looked at.
type look struct {
	name   string
	dark   bool
	width  int64 // CSS pixels
	height int64
}

// looks are those that every page must stand.
var looks = []look{
	{"light", false, 1280, 900},
	{"dark", true, 1280, 900},
	{"light-telephone", false, 320, 640},
	{"dark-telephone", true, 320, 640},
}

func (c *chromium) look(l look) {
	c.t.Helper()
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	c.do("look", chromedp.EmulateViewport(l.width, l.height), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		return err
	}))
	// Colours that change slowly are looked at once they have.
	ask[bool](c, `(document.getAnimations().forEach(a => a.finish()), true)`)
}

// axe is what .ci/package.json names; `make test` installs it.
var axe = sync.OnceValues(func() (string, error) {
	var all strings.Builder
	for _, name := range []string{"axe.min.js", "locales/fr.json"} {
		b, err := os.ReadFile("../.ci/node_modules/axe-core/" + name)
		if err != nil {
			return "", fmt.Errorf("%w (`make browser-tools` installs it)", err)
		}
		if name == "axe.min.js" {
			all.Write(b)
			continue
		}
		fmt.Fprintf(&all, "\naxe.configure({ locale: %s });", b)
	}
	return all.String(), nil
})

// violations returns what axe-core finds wrong with the page as it stands, and
// what it could not decide, each as one line with the reason. Best practices
// count. With names only those rules are asked.
func (c *chromium) violations(names ...string) (wrong, undecided []string) {
	c.t.Helper()
	if !ask[bool](c, `!!window.axe`) { // the script is large: it is sent once a page
		script, err := axe()
		if err != nil {
			c.t.Fatal(err)
		}
		ask[bool](c, script+`; true`)
	}
	rules := ""
	if len(names) > 0 {
		rules = `, runOnly: { type: "rule", values: ["` + strings.Join(names, `", "`) + `"] }`
	}
	found := ask[struct{ Wrong, Undecided []string }](c, `axe.run(document, { resultTypes: ["violations", "incomplete"]`+rules+` }).then(r => {
		const why = n => [...n.any, ...n.all, ...n.none].map(c => c.data && c.data.messageKey || c.id)[0];
		const lines = l => l.flatMap(v => v.nodes.map(n => v.id + " (" + why(n) + "): " + v.help + " – " + (document.querySelector(n.target[0])?.closest(".article-body") ? "in an article, " : "") +
			n.target.join(" ") + " – " + n.html.slice(0, 160)));
		return { Wrong: lines(r.violations), Undecided: lines(r.incomplete) };
	})`)
	return found.Wrong, found.Undecided
}
