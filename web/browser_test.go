package web_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"cecoia.example/deploy/local/chromium/chromiumtest"
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

	ctx, cancel := context.WithTimeout(chromiumtest.New(t), 60*time.Second)
	defer cancel()

	steps := func(what string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	value := func(js string) string {
		t.Helper()
		s, err := chromedp.Run(ctx, chromedp.Evaluate[string](js))
		if err != nil {
			t.Fatalf("%s: %v", js, err)
		}
		return s
	}
	steps("sign in", chromedp.Navigate(p.URL+"/incidents/nouveau"),
		chromedp.SendKeys("#identifier", "dominique@creteil.example"), chromedp.SendKeys("#password", "demo\r"),
		chromedp.WaitVisible("#number"))
	steps("type", chromedp.Click("button[value=continue]"), chromedp.WaitVisible("#description"),
		chromedp.SendKeys("#description", "En train d’écrire"))
	steps("attach", chromedp.SetUploadFiles("#document", []string{good}), chromedp.WaitVisible("#documents a"))
	steps("attach what is refused", chromedp.SetUploadFiles("#document", []string{refused}), chromedp.WaitVisible("p.error"))
	if said := value(`document.querySelector("p.error").textContent`); !strings.Contains(said, "page.html") {
		t.Errorf("the refusal says %q", said)
	}
	steps("remove", chromedp.Click("#documents button"), chromedp.WaitNotPresent("#documents a"))
	if typed := value(`document.querySelector("#description").value`); typed != "En train d’écrire" {
		t.Errorf("the text became %q", typed)
	}
	if at := value(`document.activeElement.id`); at != "document" {
		t.Errorf("after removing a document the focus is on %q", at)
	}
	// Going on while a document is on its way waits for it: here both happen in
	// one turn of the page.
	value(`(() => {
		const input = document.getElementById("document"), files = new DataTransfer();
		files.items.add(new File([new Uint8Array(8 << 20).fill(32)], "journal.txt", { type: "text/plain" }));
		input.files = files.files;
		input.dispatchEvent(new Event("change"));
		document.querySelector("button[value=continue]").click();
		return "";
	})()`)
	steps("come back", chromedp.WaitVisible("#theme-none"), chromedp.NavigateBack(), chromedp.WaitVisible("#documents a"))
	steps("go on", chromedp.Click("button[value=continue]"), chromedp.WaitVisible("#theme-none"),
		chromedp.Click("button[value=continue]"), chromedp.WaitVisible("#send"),
		chromedp.DoubleClick("#send"), chromedp.WaitVisible(".confirmation"))
	if pg := p.as(t, person("creteil", "dominique")).get("/incidents"); len(pg.all("td.t-number")) != 1 {
		t.Errorf("%d tickets", len(pg.all("td.t-number")))
	}
}
