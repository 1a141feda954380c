package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestDocumentsGoAsTheyAreChosen drives what the script adds to the form: a
// document goes at once, a refused one says why beside its field, and the text
// being typed stays; a double click on "Envoyer" makes one ticket.
func TestDocumentsGoAsTheyAreChosen(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	dir := t.TempDir()
	good, refused := filepath.Join(dir, "photo.png"), filepath.Join(dir, "page.html")
	for name, content := range map[string][]byte{good: png, refused: []byte("<html><script>1</script></html>")} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}

	c := openChromium(t, p)
	c.open("/incidents/nouveau")
	c.navigate("signing in", chromedp.SendKeys("#identifier", "dominique@creteil.example"), chromedp.SendKeys("#password", "demo\r"))
	c.submit("button[value=continue]") // the page is loaded then, and its script there
	c.do("type", chromedp.SendKeys("#description", "En train d’écrire"))
	c.do("attach", chromedp.SetUploadFiles("#document", []string{good}), chromedp.WaitVisible("#documents a"))
	c.do("attach what is refused", chromedp.SetUploadFiles("#document", []string{refused}), chromedp.WaitVisible("p.error"))
	if said := ask[string](c, `document.querySelector("p.error").textContent`); !strings.Contains(said, "page.html") {
		t.Errorf("the refusal says %q", said)
	}
	c.do("remove", chromedp.Click("#documents button"), chromedp.WaitNotPresent("#documents a"))
	if typed := ask[string](c, `document.querySelector("#description").value`); typed != "En train d’écrire" {
		t.Errorf("the text became %q", typed)
	}
	if at := ask[string](c, `document.activeElement.id`); at != "document" {
		t.Errorf("after removing a document the focus is on %q", at)
	}
	// Going on while a document is on its way waits for it: here both happen in
	// one turn of the page.
	c.navigate("going on", chromedp.Evaluate[chromedp.Void](`(() => {
		const input = document.getElementById("document"), files = new DataTransfer();
		files.items.add(new File([new Uint8Array(8 << 20).fill(32)], "journal.txt", { type: "text/plain" }));
		input.files = files.files;
		input.dispatchEvent(new Event("change"));
		document.querySelector("button[value=continue]").click();
	})()`))
	c.do("come back", chromedp.WaitVisible("#theme-none"), chromedp.NavigateBack(), chromedp.WaitVisible("#documents a"))
	c.submit("button[value=continue]")
	c.do("the next step", chromedp.WaitVisible("#theme-none"))
	c.submit("button[value=continue]")
	c.do("send", chromedp.DoubleClick("#send"), chromedp.WaitVisible(".confirmation"))
	if pg := p.as(t, person("creteil", "dominique")).get("/incidents"); len(pg.all("td.t-number")) != 1 {
		t.Errorf("%d tickets", len(pg.all("td.t-number")))
	}
}
