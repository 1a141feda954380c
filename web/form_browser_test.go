package web_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// until waits, in the page, for an expression to be true.
func (c *chromium) until(what, expression string) {
	c.t.Helper()
	if !ask[bool](c, `new Promise(done => {
		const end = Date.now() + 30000;
		const look = () => (`+expression+`) ? done(true) : Date.now() > end ? done(false) : setTimeout(look, 20);
		look();
	})`) {
		c.t.Fatalf("in vain: %s\n%.2000s", what, ask[string](c, `document.body.innerText`))
	}
}

// proposed waits for the picker to propose so many people: those of all that was
// typed, where its beginning finds more.
func (c *chromium) proposed(n int) {
	c.t.Helper()
	c.until("the people proposed", fmt.Sprintf(`document.querySelectorAll("#proposed li").length === %d`, n))
}

// uploads lets so many bytes a second leave, -1 for as many as can.
func (c *chromium) uploads(pace float64) {
	c.t.Helper()
	line := network.Conditions{DownloadThroughput: -1, UploadThroughput: pace}
	c.do("the line", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{&line},
		})
		return err
	}))
}

// TestThePeoplePicker types, moves, escapes and chooses by keyboard alone: the
// combobox says to assistive technology what it shows.
func TestThePeoplePicker(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	chosen := p.hire(t, "creteil", "Martinez-Aube", "Martinez-Bois", "Martinez-Cime", "Martine-Cimier")[1]
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	c := openChromium(t, p)
	c.become(b)
	c.open(base)
	// Enter in a field goes on; it does not press the first button one sees.
	c.do("enter", chromedp.SendKeys("#phone", kb.Enter), chromedp.WaitVisible("#description"))
	c.open(base + "/beneficiaire")

	state := func() string {
		t.Helper()
		return ask[string](c, `(() => {
			const q = document.getElementById("q"), at = q.getAttribute("aria-activedescendant");
			const option = at && document.getElementById(at);
			return [q.getAttribute("role"), q.getAttribute("aria-expanded"), q.getAttribute("aria-autocomplete"),
				document.getElementById(q.getAttribute("aria-controls")).getAttribute("role"),
				option ? option.firstChild.textContent + " " + option.getAttribute("aria-selected") : "none",
				document.querySelectorAll('[role=option][aria-selected=true]').length].join("|");
		})()`)
	}
	want := func(what, expected string) {
		t.Helper()
		if got := state(); got != expected {
			t.Errorf("%s: %s, want %s", what, got, expected)
		}
	}
	want("at first", "combobox|false|list|listbox|none|0")
	c.do("type", chromedp.SendKeys("#q", "MARTINEZ"))
	c.proposed(3)
	want("proposed", "combobox|true|list|listbox|none|0")
	c.until("the count is told", `document.querySelector(".picker [role=status]").textContent === "3 personnes trouvées"`)
	c.do("down", chromedp.KeyEvent(kb.ArrowDown))
	want("one down", "combobox|true|list|listbox|Zoé Martinez-Aube true|1")
	c.do("up, round", chromedp.KeyEvent(kb.ArrowUp))
	want("round to the end", "combobox|true|list|listbox|Zoé Martinez-Cime true|1")
	c.do("escape", chromedp.KeyEvent(kb.Escape))
	want("escaped", "combobox|false|list|listbox|none|0")
	if kept := ask[string](c, `document.getElementById("q").value`); kept != "MARTINEZ" {
		t.Errorf("escape left %q", kept)
	}
	c.do("type on", chromedp.KeyEvent("-"), chromedp.WaitVisible("#proposed-1"), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	want("second", "combobox|true|list|listbox|Zoé Martinez-Bois true|1")
	if at := ask[string](c, `document.activeElement.id`); at != "q" {
		t.Errorf("the focus is on %q", at)
	}
	c.do("choose", chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#beneficiary"))
	if pg := b.get(base); !strings.Contains(pg.text("#beneficiary"), chosen.Name()) {
		t.Errorf("the beneficiary is %s", pg.text("#beneficiary"))
	}

	// Enter without a choice searches, as without the script; a click chooses.
	c.open(base + "/beneficiaire")
	c.do("names", chromedp.SendKeys("#q", "martinez"), chromedp.WaitVisible("#proposed-0"))
	c.navigate("search", chromedp.KeyEvent(kb.Enter))
	if got := ask[int](c, `document.querySelectorAll("#people button").length`); got != 3 {
		t.Errorf("%d found", got)
	}
	c.open(base + "/beneficiaire")
	c.do("a name", chromedp.SendKeys("#q", "cime"))
	c.proposed(1)
	c.submit("#proposed-0")
	if pg := b.get(base); !strings.Contains(pg.text("#beneficiary"), "Martinez-Cime") {
		t.Errorf("the beneficiary is %s", pg.text("#beneficiary"))
	}
	// Nobody, and then too much at once: the page stays usable.
	c.open(base + "/beneficiaire")
	c.do("nobody", chromedp.SendKeys("#q", "zzzz"))
	c.until("nobody is told", `document.querySelector(".picker [role=status]").textContent === "0 personne trouvée"`)
	want("nobody", "combobox|false|list|listbox|none|0")
}

// TestDocumentsShowTheirProgress sends several at once, one too large, stops one
// on its way, and finds each said and the text kept.
func TestDocumentsShowTheirProgress(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	b := p.as(t, person("creteil", "dominique"))
	base := b.get("/incidents/nouveau").path
	c := openChromium(t, p)
	c.become(b)
	c.open(base + "/demande")
	c.do("type", chromedp.SendKeys("#description", "En train d’écrire"))
	choose := `((...all) => {
		const input = document.getElementById("document"), files = new DataTransfer();
		for (const [name, size] of all) files.items.add(new File([new Uint8Array(size).fill(32)], name, { type: "text/plain" }));
		input.files = files.files;
		const bar = document.querySelector("progress");
		window.seen = [];
		new MutationObserver(() => window.seen.push(bar.value)).observe(bar, { attributes: true });
		input.dispatchEvent(new Event("change"));
		return !bar.parentElement.hidden && document.querySelector("[data-upload] [role=status]").textContent;
	})`
	if said := ask[string](c, choose+`(["premier.txt", 18 << 20], ["second.txt", 6 << 20], ["enorme.txt", 21 << 20])`); said != "Envoi en cours… premier.txt" {
		t.Errorf("on its way: %q", said)
	}
	c.until("both are there", `document.querySelectorAll("#documents li").length === 2 && document.querySelector(".sending").hidden`)
	if said := ask[string](c, `document.querySelector("[data-upload] [role=status]").textContent`); said != "enorme.txt dépasse 20\u00a0Mo\u00a0: il n’a pas été envoyé." {
		t.Errorf("the large one: %q", said)
	}
	if moved := ask[bool](c, `Math.max(...window.seen) > 0.9 && Math.min(...window.seen) < 0.1`); !moved {
		t.Error("the progress bar did not move")
	}

	// Stopped: what was chosen is given up, what is attached stays, the text too.
	c.uploads(256 << 10) // a minute and more for it
	ask[string](c, choose+`(["arrete.txt", 19 << 20], ["jamais.txt", 1 << 20])`)
	ask[string](c, `(document.querySelector("[data-stop]").click(), "")`)
	c.until("the end is told", `document.querySelector("[data-upload] [role=status]").textContent.startsWith("L’envoi est interrompu")`)
	c.uploads(-1)
	if left := ask[int](c, `document.querySelectorAll("#documents li").length`); left != 2 {
		t.Errorf("%d documents", left)
	}
	if typed := ask[string](c, `document.getElementById("description").value`); typed != "En train d’écrire" {
		t.Errorf("the text became %q", typed)
	}

	// Another tab changed the text while documents went: going on says so.
	b.upload(base+"/demande", url.Values{"do": {"attach"}, "description": {"Autre onglet"}})
	ask[string](c, choose+`(["apres.txt", 100])`)
	c.until("a third", `document.querySelectorAll("#documents li").length === 3 && document.querySelector(".sending").hidden`)
	c.submit("button[value=continue]")
	if said := ask[string](c, `document.getElementById("overtaken").innerText + document.getElementById("description").value`); !strings.Contains(said, "Autre onglet") || !strings.HasSuffix(said, "En train d’écrire") {
		t.Errorf("two tabs: %s", said)
	}
	c.submit("button[value=continue]")
	if f, docs, err := p.desk.Form(t.Context(), caller(person("creteil", "dominique")), formID(t, base)); err != nil || f.Card.Description != "En train d’écrire" || len(docs) != 3 {
		t.Errorf("kept %q with %d documents, %v", f.Card.Description, len(docs), err)
	}
}
