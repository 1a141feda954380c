package mail

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"cecoia.example/tickets"
)

// On the narrowest telephone of today every letter fits its width, whatever its
// words, and its first link is in sight and wide enough for a thumb; by day and
// by night there is contrast enough to read it (WCAG 2.2, AA).
func TestLettersFitATelephone(t *testing.T) {
	pages := map[string]string{}
	for name, n := range all() {
		if strings.HasSuffix(name, ".fr") && (!strings.Contains(name, "_private") || name == "asked_private.fr") {
			pages["/"+name] = parse(t, mustCompose(t, n)).html
		}
	}
	yellow := letters(tickets.French)["together"]
	yellow.Academy.Colour = "#ffd400"
	pages["/yellow"] = parse(t, mustCompose(t, yellow)).html
	pages["/long"] = parse(t, mustCompose(t, everywhere(letters(tickets.French)["together"], strings.Repeat("Donaudampfschifffahrt", 40)))).html
	pages["/markup"] = parse(t, mustCompose(t, everywhere(letters(tickets.French)["together"], hostileWords[1]))).html
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(pages[r.URL.Path]))
	}))
	defer server.Close()

	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for _, scheme := range []string{"light", "dark"} {
		err := chromedp.Do(ctx, chromedp.EmulateViewport(320, 640), chromedp.Func(func(ctx context.Context, at *chromedp.Target) error {
			feature := &emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme}
			_, err := cdp.Call(ctx, at, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{feature}})
			return err
		}))
		if err != nil {
			t.Fatalf("starting Chromium: %v", err)
		}
		for path := range pages {
			if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+path)); err != nil {
				t.Fatal(err)
			}
			seen, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
				Width, Top, Height float64
				Faint              []string
			}](look))
			if err != nil {
				t.Fatal(err)
			}
			if seen.Width > 320 {
				t.Errorf("%s, %s: it is %v wide", path, scheme, seen.Width)
			}
			if path != "/long" && path != "/markup" && !strings.HasPrefix(path, "/link_code") && (seen.Top > 400 || seen.Height < 44) {
				t.Errorf("%s, %s: the first link stands at %v, %v high", path, scheme, seen.Top, seen.Height)
			}
			if len(seen.Faint) > 0 {
				t.Errorf("%s, %s: hard to read: %q", path, scheme, seen.Faint)
			}
		}
	}
}

// look measures a letter in the browser.
const look = `(() => {
	const rgb = c => c.match(/[\d.]+/g).map(Number);
	const luminance = c => rgb(c).slice(0, 3).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (rgb(c)[3] !== 0) return c; } return "rgb(255,255,255)"; };
	const faint = new Set();
	const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (words.nextNode()) {
		if (!words.currentNode.data.trim()) continue;
		const e = words.currentNode.parentElement;
		const [a, b] = [luminance(getComputedStyle(e).color), luminance(behind(e))];
		if ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5) faint.add(e.outerHTML.slice(0, 120));
	}
	const link = document.querySelector("a").getBoundingClientRect();
	return { Width: document.documentElement.scrollWidth, Top: link.top, Height: link.height, Faint: [...faint] };
})()`
