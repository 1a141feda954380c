package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"cecoia.example/deploy/local/chromium/chromiumtest"
)

// pictures is the folder that the story's pictures are written to; none when "".
var pictures = flag.String("pictures", "", "write the pictures of the README to this folder")

// browser is Debian's Chromium, without a window.
type browser struct {
	t   *testing.T
	ctx context.Context
}

// openBrowser opens a window; it closes with the test.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	return &browser{t: t, ctx: chromiumtest.New(t)}
}

// do runs steps within 40 s, or fails with a picture's worth of the page's text.
func (b *browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 40*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		where, _ := chromedp.Run(b.ctx, chromedp.Location())
		b.t.Fatalf("%s: %v\nat %s:\n%s", what, err, where, tail(b.text("body"), 3000))
	}
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.do("opening "+url, chromedp.Navigate(url))
}

// submit clicks what leads to another page, and waits for that.
func (b *browser) submit(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 40*time.Second)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(selector, chromedp.NodeVisible)); err != nil {
		b.t.Fatalf("clicking %s: %v\n%s", selector, err, tail(b.text("body"), 3000))
	}
}

func (b *browser) click(selector string) {
	b.t.Helper()
	var err error
	for range 5 {
		ctx, cancel := context.WithTimeout(b.ctx, 40*time.Second)
		err = chromedp.Do(ctx, chromedp.Click(selector, chromedp.NodeVisible))
		cancel()
		if err == nil || !strings.Contains(err.Error(), "Could not find node") { // what was found was drawn anew meanwhile
			break
		}
	}
	if err != nil {
		b.t.Fatalf("clicking %s: %v\n%s", selector, err, tail(b.text("body"), 3000))
	}
}

// fill replaces what a field holds.
func (b *browser) fill(selector, value string) {
	b.t.Helper()
	b.do("filling "+selector, chromedp.WaitVisible(selector))
	eval[any](b, fmt.Sprintf(`document.querySelector(%q).select()`, selector)) // what is typed takes its place
	b.do("filling "+selector, chromedp.SendKeys(selector, value))
}

func (b *browser) attach(selector, path string) {
	b.t.Helper()
	b.do("attaching "+path, chromedp.SetUploadFiles(selector, []string{path}))
}

// text returns the visible text of all that the selector finds, joined; "" when
// there is none.
func (b *browser) text(selector string) string {
	return eval[string](b, fmt.Sprintf(`[...document.querySelectorAll(%q)].map(e => e.innerText).join("\n")`, selector))
}

func (b *browser) value(selector string) string {
	return eval[string](b, fmt.Sprintf(`document.querySelector(%q)?.value ?? ""`, selector))
}

func (b *browser) location() string { return eval[string](b, `location.href`) }

func eval[T any](b *browser, expression string) T {
	ctx, cancel := context.WithTimeout(b.ctx, 40*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		var zero T
		return zero // the page is on its way: who looks, looks again
	}
	return v
}

// see waits until the text of what the selector finds holds all the words.
func (b *browser) see(selector string, words ...string) {
	b.t.Helper()
	eventually(b.t, fmt.Sprintf("%q in %s", words, selector), func() (bool, string) {
		text := b.text(selector)
		for _, w := range words {
			if !strings.Contains(text, w) {
				return false, b.location() + "\n" + text
			}
		}
		return true, text
	})
}

// picture keeps a picture of the page, when asked to.
func (b *browser) picture(name string) {
	b.t.Helper()
	if *pictures == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, 40*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*pictures, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func waitFor(selector string) chromedp.Action[chromedp.Void] { return chromedp.WaitReady(selector) }

func setValue(selector, value string) chromedp.Action[chromedp.Void] {
	return chromedp.SetValue(selector, value)
}

// quote writes a string as JavaScript does.
func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string can always be marshalled
	}
	return string(b)
}

func clickOn(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(selector, chromedp.NodeVisible)
}
