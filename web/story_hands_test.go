package web_test

import (
	"context"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// hand is how somebody goes through the portal. Each selector names its first
// match on the page.
type hand interface {
	// follow activates what leads to another page, and waits for it.
	follow(selector string)
	// fill types into an empty field.
	fill(selector, text string)
	// pick ticks a box, or chooses one of the radio buttons.
	pick(selector string)
	// choose selects the option of that value in a list.
	choose(selector, value string)
	// unfold activates what stays on the page: the summary of what it hides, a
	// link to a field.
	unfold(selector string)
	// attach chooses a document.
	attach(selector, path string)
}

// mouse clicks.
type mouse struct{ *chromium }

func (m mouse) follow(selector string) { m.t.Helper(); m.submit(selector) }

func (m mouse) fill(selector, text string) {
	m.t.Helper()
	m.do("filling in "+selector, chromedp.SendKeys(selector, text, chromedp.NodeVisible))
	m.holds(selector, text)
}

// holds asserts what a field holds.
func (c *chromium) holds(selector, want string) {
	c.t.Helper()
	if got := ask[string](c, fmt.Sprintf(`document.querySelector(%q).value`, selector)); got != want {
		c.t.Fatalf("%s: %s holds %q, want %q", ask[string](c, `location.pathname`), selector, got, want)
	}
}

func (m mouse) pick(selector string) {
	m.t.Helper()
	m.do("picking "+selector, chromedp.Click(selector, chromedp.NodeVisible))
}

func (m mouse) choose(selector, value string) {
	m.t.Helper()
	m.do("choosing in "+selector, chromedp.SetValue(selector, value, chromedp.NodeVisible))
}

func (m mouse) unfold(summary string) { m.t.Helper(); m.pick(summary) }

func (m mouse) attach(selector, path string) {
	m.t.Helper()
	m.do("attaching", chromedp.SetUploadFiles(selector, []string{path}))
}

// keyboard goes with the keys alone: Tab until the focus is where it should be,
// then Enter, Space or the arrows. On its way it asserts that the focus is seen,
// in the window, and goes in the order in which the page is read.
type keyboard struct{ *chromium }

// focused is where the focus is.
type focused struct {
	There     bool   // on the element wanted, or in its group of radio buttons
	Before    bool   // that element comes before the focus
	Exact     bool   // on that very element
	Checked   bool   // and it is chosen
	Name      string // of the element that has the focus
	Outside   bool   // on none
	InOrder   bool   // after the one before it, or before it when going back
	Seen      bool   // the focus is marked
	InWindow  bool
	Reachable bool // the element wanted is there
}

func (k keyboard) focus(selector string, back bool) focused {
	k.t.Helper()
	return ask[focused](k.chromium, fmt.Sprintf(`(() => {
		const wanted = document.querySelector(%q), at = document.activeElement, last = window.wasFocused;
		const style = getComputedStyle(at), box = at.getBoundingClientRect();
		const group = wanted && wanted.type === "radio" && at.type === "radio" && at.name === wanted.name && at.form === wanted.form;
		window.wasFocused = at;
		return {
			Reachable: !!wanted, There: at === wanted || !!group, Exact: at === wanted, Checked: !!at.checked,
			Before: !!wanted && !!(at.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING),
			Name: at.tagName + (at.id && "#" + at.id) + " " + (at.textContent || at.name || "").trim().slice(0, 30),
			Outside: at === document.body || at === document.documentElement,
			InOrder: !last || last === document.body || !last.isConnected || last === at ||
				!!(last.compareDocumentPosition(at) & (%t ? Node.DOCUMENT_POSITION_PRECEDING : Node.DOCUMENT_POSITION_FOLLOWING)),
			Seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 || style.boxShadow !== "none",
			InWindow: box.bottom > 0 && box.top < innerHeight && box.width > 1 && box.height > 1,
		};
	})()`, selector, back))
}

// reach presses Tab, or Shift and Tab, until the element has the focus.
func (k keyboard) reach(selector string) {
	k.t.Helper()
	k.do("waiting for "+selector, chromedp.WaitVisible(selector))
	at := k.focus(selector, false)
	back := at.Before && !at.Outside
	for range 200 {
		if at.There {
			return
		}
		tab := chromedp.KeyEvent(kb.Tab)
		if back {
			tab = chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift))
		}
		k.do("Tab", tab)
		if at = k.focus(selector, back); at.Outside {
			continue // it goes round the window's own controls
		}
		if !at.Seen || !at.InWindow || !at.InOrder {
			k.t.Errorf("%s: the focus on %s is seen: %t, in the window: %t, in order: %t",
				ask[string](k.chromium, `location.pathname`), at.Name, at.Seen, at.InWindow, at.InOrder)
		}
	}
	k.t.Fatalf("%s: Tab does not reach %s; the focus is on %s", ask[string](k.chromium, `location.pathname`), selector, at.Name)
}

func (k keyboard) press(keys string) chromedp.Action[chromedp.Void] { return chromedp.KeyEvent(keys) }

func (k keyboard) follow(selector string) {
	k.t.Helper()
	k.reach(selector)
	k.navigate("Enter on "+selector, k.press(kb.Enter))
}

func (k keyboard) fill(selector, text string) {
	k.t.Helper()
	k.reach(selector)
	k.do("typing into "+selector, k.press(text))
	k.holds(selector, text)
}

func (k keyboard) pick(selector string) {
	k.t.Helper()
	k.reach(selector)
	for range 20 {
		at := k.focus(selector, false)
		switch {
		case at.Exact && at.Checked:
			return
		case at.Exact:
			k.do("Space", k.press(" "))
		default:
			k.do("arrow", k.press(kb.ArrowDown))
		}
	}
	k.t.Fatalf("the arrows do not reach %s", selector)
}

func (k keyboard) choose(selector, value string) {
	k.t.Helper()
	k.reach(selector)
	for range 30 {
		if ask[string](k.chromium, fmt.Sprintf(`document.querySelector(%q).value`, selector)) == value {
			return
		}
		k.do("arrow", k.press(kb.ArrowDown))
	}
	k.t.Fatalf("the arrows do not choose %s in %s", value, selector)
}

func (k keyboard) unfold(selector string) {
	k.t.Helper()
	k.reach(selector)
	enter := k.press(kb.Enter)
	if ask[bool](k.chromium, `document.activeElement.tagName === "A"`) {
		// A link moves the focus as the key goes down: the browser then swallows
		// the character, which the protocol would send to where the focus is.
		enter = chromedp.KeyEvent(kb.Enter, func(p *input.DispatchKeyEventParams) {
			if p.Type == kb.KeyChar {
				p.Text, p.UnmodifiedText = "", ""
			}
		})
	}
	k.do("Enter", enter)
}

// The window in which one chooses a document is the system's: the field is
// reached by the keys, the document is there.
func (k keyboard) attach(selector, path string) {
	k.t.Helper()
	k.reach(selector)
	k.do("attaching", chromedp.SetUploadFiles(selector, []string{path}))
}

// withoutScripts is the browser of somebody whose JavaScript is off.
func (c *chromium) withoutScripts() {
	c.t.Helper()
	c.do("no scripts", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}
