package chromiumtest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/chromedp"

	"cecoia.example/deploy/local/chromium/chromiumtest"
)

// Each window has its own cookies, the tabs of one share them; each behaves as
// the one window of a screen.
func TestWindowsAreApart(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("<!DOCTYPE html><title>Site</title>" + r.Header.Get("Accept-Language")))
	}))
	defer site.Close()
	ask := func(ctx context.Context, expression string) string {
		t.Helper()
		said, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
		if err != nil {
			t.Fatal(err)
		}
		return said
	}
	open := func(ctx context.Context) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(site.URL)); err != nil {
			t.Fatal(err)
		}
	}
	one, other := chromiumtest.New(t), chromiumtest.New(t)
	tab, cancel := chromedp.NewContext(one)
	defer cancel()
	open(one)
	ask(one, `document.cookie = "who=one"`)
	for ctx, want := range map[context.Context]string{one: "who=one", tab: "who=one", other: ""} {
		open(ctx)
		if got := ask(ctx, `document.cookie`); got != want {
			t.Errorf("cookies %q, want %q", got, want)
		}
	}
	for _, ctx := range []context.Context{one, other} {
		if got := ask(ctx, "`${document.hasFocus()} ${document.visibilityState} ${innerWidth} ${document.body.textContent.slice(0, 5)}`"); got != "true visible 1280 fr-FR" {
			t.Errorf("a window is %s", got)
		}
	}
}
