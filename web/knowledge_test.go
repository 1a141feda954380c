package web_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"cecoia.example/tickets"
)

// publish publishes an article in Créteil, written by alix and reviewed by robin.
func (p *portal) publish(t *testing.T, text tickets.ArticleText) tickets.Article {
	t.Helper()
	if text.Theme == "" {
		text.Theme = "messagerie"
	}
	if text.Audience == "" {
		text.Audience = tickets.ForEveryone
	}
	if text.Summary == "" {
		text.Summary = "Le résumé."
	}
	if text.Body == "" {
		text.Body = "Le texte."
	}
	text.Lang = tickets.French
	a, err := p.desk.WriteArticle(t.Context(), caller(person("creteil", "alix")), tickets.ArticleEdit{ID: tickets.NewArticleID(), Text: text, Submit: true})
	if err == nil {
		a, err = p.desk.DoArticle(t.Context(), caller(person("creteil", "robin")), a.Number, tickets.ArticlePublish, a.Latest, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fields are those of a page's form of an article, as a browser would send them.
func fields(pg *page) url.Values {
	out := url.Values{}
	for _, name := range []string{"id", "base", "title", "summary", "body", "language", "audience"} {
		out.Set(name, strings.TrimPrefix(pg.value(name), "\n"))
	}
	for _, n := range pg.all("option") {
		if _, chosen := attr(n, "selected"); chosen {
			value, _ := attr(n, "value")
			out.Set("topic", value)
		}
	}
	return out
}

func with(form url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for name, values := range form {
		out[name] = values
	}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

// TestAnArticleIsWrittenReviewedAndRead is the story of one article, without
// JavaScript.
func TestAnArticleIsWrittenReviewedAndRead(t *testing.T) {
	p := newPortal(t)
	alix, robin, dominique := p.as(t, person("creteil", "alix")), p.as(t, person("creteil", "robin")), p.as(t, person("creteil", "dominique"))
	pg := alix.get("/connaissances")
	if !pg.has("a[href=/connaissances/nouveau]") || dominique.get("/connaissances").has("a[href=/connaissances/nouveau]") {
		t.Error("writing is offered to who may not, or not to who may")
	}
	form := with(fields(alix.get("/connaissances/nouveau")), "title", "Ma boîte est pleine", "topic", "poste", "body", "# Titre\n\nVidez la **corbeille**.")
	pg = alix.post("/connaissances/nouveau", with(form, "do", "preview")).want(http.StatusOK, "/connaissances/nouveau")
	if got := words(pg.one("div.article-body")); got != "Titre Videz la corbeille ." || pg.value("title") != "Ma boîte est pleine" {
		t.Errorf("the preview shows %q", got)
	}
	if states, err := p.desk.ArticleStates(t.Context(), caller(person("creteil", "alix"))); err != nil || len(states) != 0 {
		t.Errorf("the preview kept %v, %v", states, err)
	}
	// Without a summary it may be kept, not handed over.
	pg = alix.post("/connaissances/nouveau", with(form, "do", "submit")).want(http.StatusUnprocessableEntity, "/connaissances/nouveau")
	if !pg.has("#summary-error") || !pg.has("a[href=#summary]") || pg.value("title") != "Ma boîte est pleine" {
		t.Errorf("the refusal says %s", pg.text("#errors"))
	}
	versions := "/connaissances/creteil/KB1/versions"
	pg = alix.post("/connaissances/nouveau", with(form, "do", "save")).want(http.StatusOK, versions)
	if pg.text("#state") != "Brouillon" || pg.text("#notice") != "KB1 est enregistré comme brouillon." {
		t.Errorf("%s, %s", pg.text("#state"), pg.text("#notice"))
	}
	alix.post("/connaissances/nouveau", with(form, "do", "save")).want(http.StatusOK, versions) // a double click is one article
	dominique.get("/connaissances/creteil/KB1").want(http.StatusNotFound, "")
	alix.get("/connaissances/creteil/KB1").want(http.StatusOK, versions)

	edit := fields(alix.get("/connaissances/creteil/KB1/modifier"))
	if edit.Get("topic") != "poste" || edit.Get("body") != form.Get("body") || edit.Get("base") != "1" {
		t.Errorf("the form has %v", edit)
	}
	pg = alix.post("/connaissances/creteil/KB1/modifier", with(edit, "summary", "Videz la corbeille.", "do", "submit")).want(http.StatusOK, versions)
	if pg.text("#state") != "À relire" || pg.has("button[value=publish]") || !strings.Contains(pg.text("section.desk-actions"), "une autre personne") {
		t.Errorf("the author sees %s", pg.text("section.desk-actions"))
	}
	alix.post("/connaissances/creteil/KB1", url.Values{"do": {"publish"}, "version": {"2"}}).want(http.StatusForbidden, "/connaissances/creteil/KB1")

	if pg = robin.get("/connaissances/redaction"); !strings.Contains(pg.text("table"), "Ma boîte est pleine") || !strings.Contains(pg.text("main"), "À relire (1)") {
		t.Errorf("the queue is %s", pg.text("main"))
	}
	pg = robin.post("/connaissances/creteil/KB1", url.Values{"do": {"return"}, "version": {"2"}}).want(http.StatusUnprocessableEntity, "/connaissances/creteil/KB1")
	if !pg.has("#reason-error") || !pg.has("details[open]") {
		t.Error("the missing reason is not asked for")
	}
	robin.post("/connaissances/creteil/KB1", url.Values{"do": {"publish"}, "version": {"1"}}).want(http.StatusConflict, "") // not what was read
	robin.post("/connaissances/creteil/KB1", url.Values{"do": {"return"}, "version": {"2"}, "reason": {"Et les messages envoyés ?"}}).want(http.StatusOK, versions)
	if pg = alix.get(versions); !strings.Contains(pg.text("#timeline"), "Et les messages envoyés ?") {
		t.Errorf("the trace is %s", pg.text("#timeline"))
	}
	alix.post("/connaissances/creteil/KB1", url.Values{"do": {"submit"}, "version": {"2"}}).want(http.StatusOK, versions)
	pg = robin.post("/connaissances/creteil/KB1", url.Values{"do": {"publish"}, "version": {"2"}}).want(http.StatusOK, "/connaissances/creteil/KB1")
	robin.post("/connaissances/creteil/KB1", url.Values{"do": {"publish"}, "version": {"2"}}).want(http.StatusOK, "/connaissances/creteil/KB1") // again
	if pg.text("#notice") != "KB1 est publié." {
		t.Error(pg.text("#notice"))
	}

	for _, path := range []string{"/connaissances", "/connaissances?q=corbeille", "/connaissances?theme=poste", "/connaissances?q=boites&theme=poste"} {
		pg := dominique.get(path).want(http.StatusOK, path)
		if !pg.has("a[href=/connaissances/creteil/KB1]") {
			t.Errorf("%s does not lead to the article:\n%s", path, pg.text("main"))
		}
	}
	pg = dominique.get("/connaissances/creteil/kb1").want(http.StatusOK, "/connaissances/creteil/KB1")
	if pg.text("h1") != "Ma boîte est pleine" || !pg.has("a[href=/incidents/nouveau]") || strings.Contains(pg.text("main"), "Alix") {
		t.Errorf("the reader sees %s", pg.text("main"))
	}
	// A new version leaves what readers see.
	edit = fields(robin.get("/connaissances/creteil/KB1/modifier"))
	robin.post("/connaissances/creteil/KB1/modifier", with(edit, "title", "Boîte pleine", "do", "save")).want(http.StatusOK, versions)
	if pg = dominique.get("/connaissances/creteil/KB1"); pg.text("h1") != "Ma boîte est pleine" || pg.has("#newer") {
		t.Errorf("the reader sees %s", pg.text("main"))
	}
	if pg = alix.get("/connaissances/creteil/KB1"); pg.text("h1") != "Ma boîte est pleine" || !strings.Contains(pg.text("#newer"), "La version 3 est en cours") {
		t.Errorf("the desk sees %s", pg.text("main"))
	}
	if pg = alix.get(versions + "?version=1"); pg.text("#state") != "Version antérieure" || pg.has("section.desk-actions") {
		t.Errorf("the first version: %s", pg.text("main"))
	}
	robin.post("/connaissances/creteil/KB1", url.Values{"do": {"archive"}, "version": {"3"}}).want(http.StatusOK, versions)
	dominique.get("/connaissances/creteil/KB1").want(http.StatusNotFound, "")
}

func TestTwoAuthorsAtOnceLoseNothing(t *testing.T) {
	p := newPortal(t)
	p.publish(t, tickets.ArticleText{Title: "Titre"})
	alix, robin := p.as(t, person("creteil", "alix")), p.as(t, person("creteil", "robin"))
	path := "/connaissances/creteil/KB1/modifier"
	one, other := fields(alix.get(path)), fields(robin.get(path))
	robin.post(path, with(other, "body", "Le texte de Robin.", "do", "save")).want(http.StatusOK, "")
	pg := alix.post(path, with(one, "body", "Le texte d’Alix.", "do", "save")).want(http.StatusConflict, path)
	if !strings.Contains(pg.value("body"), "Le texte d’Alix.") || !strings.Contains(pg.text("#errors"), "modifié entre-temps par Robin Modèle") ||
		!pg.has("a[href=#preview]") || words(pg.one("div.article-body")) != "Le texte de Robin." {
		t.Errorf("the conflict says %s", pg.text("main"))
	}
	// Having read it, the author may keep their own over it; both stay.
	alix.post(path, with(fields(pg), "do", "save")).want(http.StatusOK, "/connaissances/creteil/KB1/versions")
	for n, want := range map[int]string{2: "Le texte de Robin.", 3: "Le texte d’Alix."} {
		if got := words(alix.get("/connaissances/creteil/KB1/versions?version=" + strconv.Itoa(n)).one("div.article-body")); got != want {
			t.Errorf("version %d is %q", n, got)
		}
	}
}

func TestAVoteIsOneAndMayChange(t *testing.T) {
	p := newPortal(t)
	p.publish(t, tickets.ArticleText{Title: "Titre"})
	path := "/connaissances/creteil/KB1"
	dominique, alix := p.as(t, person("creteil", "dominique")), p.as(t, person("creteil", "alix"))
	pressed := func(pg *page) string {
		for _, n := range pg.all("button[name=vote]") {
			if v, _ := attr(n, "aria-pressed"); v == "true" {
				v, _ = attr(n, "value")
				return v
			}
		}
		return ""
	}
	for _, vote := range []string{"no", "yes", "yes"} {
		if pg := dominique.post(path, url.Values{"vote": {vote}}).want(http.StatusOK, path); pressed(pg) != vote || pg.has("#votes") {
			t.Errorf("after %s: %s", vote, pg.text("main"))
		}
	}
	dominique.post(path, url.Values{"vote": {"<script>"}}).want(http.StatusUnprocessableEntity, path)
	if pg := alix.get(path); pg.text("#votes") != "Utile : 1, pas utile : 0" || pressed(pg) != "" {
		t.Errorf("the desk sees %s", pg.text("#votes"))
	}
	if pg := dominique.get("/connaissances"); !pg.has("#useful") {
		t.Error("what was useful is not shown")
	}
}

// What is the desk's is not there for staff, and nothing is there for another
// academy.
func TestArticlesAreForTheirReaders(t *testing.T) {
	p := newPortal(t)
	p.publish(t, tickets.ArticleText{Title: "Pour tous", Body: "Perroquet."})
	p.publish(t, tickets.ArticleText{Title: "Pour l’assistance", Body: "Perroquet.", Audience: tickets.ForDesk})
	dominique, alix, paris := p.as(t, person("creteil", "dominique")), p.as(t, person("creteil", "alix")), p.as(t, person("paris", "alix"))
	for path, want := range map[string][3]int{ // staff, the desk, another academy's desk
		"/connaissances/creteil/KB1":                    {200, 200, 404},
		"/connaissances/creteil/KB2":                    {404, 200, 404},
		"/connaissances/creteil/KB3":                    {404, 404, 404},
		"/connaissances/paris/KB1":                      {404, 404, 404},
		"/connaissances/creteil/KB1/versions":           {404, 200, 404},
		"/connaissances/creteil/KB1/modifier":           {404, 200, 404},
		"/connaissances/creteil/KB1/versions?version=9": {404, 404, 404},
		"/connaissances/creteil/KB1/versions?version=x": {404, 404, 404},
		"/connaissances/creteil/bonjour":                {404, 404, 404},
		"/connaissances/redaction":                      {403, 200, 200},
		"/connaissances/nouveau":                        {403, 200, 200},
	} {
		for i, b := range []*browser{dominique, alix, paris} {
			if pg := b.get(path); pg.status != want[i] {
				t.Errorf("%s for %d: %d, want %d", path, i, pg.status, want[i])
			}
		}
	}
	for _, c := range []struct {
		b      *browser
		path   string
		form   url.Values
		status int
	}{
		{dominique, "/connaissances/creteil/KB1", url.Values{"do": {"archive"}, "version": {"1"}}, 403},
		{dominique, "/connaissances/creteil/KB2", url.Values{"vote": {"yes"}}, 404},
		{dominique, "/connaissances/nouveau", url.Values{"title": {"x"}, "do": {"save"}}, 403},
		{dominique, "/connaissances/nouveau", url.Values{"title": {"x"}, "do": {"preview"}}, 403},
		{dominique, "/connaissances/creteil/KB1/modifier", url.Values{"title": {"x"}, "do": {"save"}}, 404},
		{paris, "/connaissances/creteil/KB1", url.Values{"do": {"archive"}, "version": {"1"}}, 404},
		{paris, "/connaissances/creteil/KB1", url.Values{"vote": {"yes"}}, 404},
		{paris, "/connaissances/paris/KB1", url.Values{"do": {"archive"}, "version": {"1"}}, 404},
		{paris, "/connaissances/creteil/KB1/modifier", url.Values{"title": {"x"}, "do": {"save"}}, 404},
		{alix, "/connaissances/creteil/KB1", url.Values{"do": {"explode"}, "version": {"1"}}, 422},
		{alix, "/connaissances/creteil/KB1", url.Values{"do": {"archive"}, "version": {"x"}}, 409},
	} {
		if pg := c.b.post(c.path, c.form); pg.status != c.status {
			t.Errorf("%s %v: %d, want %d", c.path, c.form, pg.status, c.status)
		}
	}
	if pg := dominique.get("/connaissances?q=perroquet"); !strings.Contains(pg.text("main"), "1 article pour") || strings.Contains(pg.text("main"), "l’assistance seulement") {
		t.Errorf("staff find %s", pg.text("main"))
	}
	if pg := alix.get("/connaissances?q=perroquet"); !strings.Contains(pg.text("main"), "2 articles pour") {
		t.Errorf("the desk finds %s", pg.text("main"))
	}
	if pg := paris.get("/connaissances"); !pg.has("div.empty") {
		t.Errorf("Paris sees %s", pg.text("main"))
	}
	// A new article under the id of another academy's is another article.
	v, err := p.desk.ArticleRevision(t.Context(), caller(person("creteil", "alix")), 1, tickets.LatestRevision)
	if err != nil {
		t.Fatal(err)
	}
	form := with(fields(paris.get("/connaissances/nouveau")), "id", v.ID.String(), "title", "À Paris", "topic", "poste", "do", "save")
	paris.post("/connaissances/nouveau", form).want(http.StatusOK, "/connaissances/paris/KB1/versions")
	if pg := dominique.get("/connaissances/creteil/KB1"); pg.text("h1") != "Pour tous" {
		t.Errorf("the other academy's article is now %s", pg.text("main"))
	}
}

func TestBadArticlesAreSaidAndLoseNothing(t *testing.T) {
	p := newPortal(t)
	alix := p.as(t, person("creteil", "alix"))
	blank := fields(alix.get("/connaissances/nouveau"))
	good := with(blank, "title", "Titre", "summary", "Résumé", "body", "Texte", "topic", "poste", "do", "submit")
	for _, c := range []struct{ field, value, anchor string }{
		{"title", "", "title"}, {"title", strings.Repeat("é", 201), "title"}, {"title", "a\x00b", "title"}, {"title", "caf\xe9", "title"},
		{"summary", "", "summary"}, {"summary", strings.Repeat("x", 1_000_000), "summary"},
		{"body", " \n ", "body"}, {"body", strings.Repeat("x", tickets.MaxArticle+1), "body"}, {"body", strings.Repeat("x", 1_000_000), "body"},
		{"topic", "", "topic"}, {"topic", "alchimie", "topic"}, {"topic", "poste/or", "topic"}, {"topic", "<script>", "topic"},
		{"language", "", "language"}, {"language", "de", "language"}, {"audience", "", "audience"}, {"audience", "monde", "audience"},
	} {
		pg := alix.post("/connaissances/nouveau", with(good, c.field, c.value)).want(http.StatusUnprocessableEntity, "/connaissances/nouveau")
		if !pg.has("#"+c.anchor+"-error") || !strings.HasPrefix(pg.text("title"), "Erreur :") {
			t.Errorf("%s %.20q: %s", c.field, c.value, pg.text("#errors"))
		}
		if c.field != "title" && pg.value("title") != "Titre" {
			t.Errorf("%s %.20q: the title is lost", c.field, c.value)
		}
	}
	alix.post("/connaissances/nouveau", with(good, "body", strings.Repeat("x", 8<<20))).want(http.StatusRequestEntityTooLarge, "")
	for _, q := range []string{strings.Repeat("mot ", 1000), "a\x00b", "caf\xe9"} {
		pg := alix.get("/connaissances?q="+url.QueryEscape(q)).want(http.StatusUnprocessableEntity, "")
		if !pg.has("#q-error") {
			t.Errorf("%.20q: %s", q, pg.text("main"))
		}
	}
	alix.get("/connaissances?q="+url.QueryEscape(`' " <script> | & ! :* \`)).want(http.StatusOK, "")
	alix.get("/connaissances?q=mot&page=-1").want(http.StatusOK, "")
	alix.get("/connaissances?theme=%00").want(http.StatusNotFound, "")

	// A form without an id, or with another's, makes an article all the same.
	alix.post("/connaissances/nouveau", with(good, "id", "x")).want(http.StatusOK, "/connaissances/creteil/KB1/versions")
	robin := p.as(t, person("creteil", "robin"))
	id := fields(robin.get("/connaissances/creteil/KB1/modifier")).Get("id")
	pg := robin.post("/connaissances/nouveau", with(good, "id", id, "title", "Autre")).want(http.StatusConflict, "")
	robin.post("/connaissances/nouveau", with(fields(pg), "do", "save")).want(http.StatusOK, "/connaissances/creteil/KB2/versions")
	if lines := strings.Count(p.log.String(), "level=ERROR"); lines != 0 {
		t.Errorf("%d errors logged:\n%s", lines, p.log)
	}
}

// Whatever an article says, its page, its preview and the lists are pages of
// ours, with nothing of its own making.
func TestAHostileArticleIsWords(t *testing.T) {
	p := newPortal(t)
	attack := `<script>alert(1)</script> "'><img src=x onerror=alert(1)> ` + "\u202e" + `[x](javascript:alert(1)) ![y](https://ailleurs.example/y.png) <javascript:x> {{.}}`
	line := attack[:strings.Index(attack, "\u202e")]
	p.publish(t, tickets.ArticleText{Title: line, Summary: line + "\u202e", Body: attack + "\n\n# " + attack + "\n\n" + attack})
	alix := p.as(t, person("creteil", "alix"))
	preview := with(fields(alix.get("/connaissances/creteil/KB1/modifier")), "do", "preview")
	for _, pg := range []*page{
		p.as(t, person("creteil", "dominique")).get("/connaissances/creteil/KB1"), alix.get("/connaissances"), alix.get("/connaissances?q=script"),
		alix.get("/connaissances/creteil/KB1/versions"), alix.get("/connaissances/redaction?etat=publies"), alix.post("/connaissances/creteil/KB1/modifier", preview),
	} {
		pg.want(http.StatusOK, "")
		if pg.has("img") || len(pg.all("script")) != 1 || !strings.Contains(pg.text("main"), "<script>alert(1)</script>") {
			t.Errorf("%s: %s", pg.path, pg.raw)
		}
		for n := range pg.doc.Descendants() {
			if href, ok := attr(n, "href"); ok && n.Type == html.ElementNode && strings.HasPrefix(strings.ToLower(strings.TrimSpace(href)), "javascript") {
				t.Errorf("%s leads to %s", pg.path, href)
			}
		}
	}
}

func TestTheKnowledgeBaseReadsInEnglishAndByPages(t *testing.T) {
	p := newPortal(t)
	for range 22 {
		p.publish(t, tickets.ArticleText{Title: "Imprimante"})
	}
	b := p.as(t, person("creteil", "dominique"))
	pg := b.post("/preferences", url.Values{"lang": {"en"}, "return": {"/connaissances?q=imprimante&page=2"}})
	pg.want(http.StatusOK, "/connaissances?q=imprimante&page=2")
	if !strings.Contains(pg.text("main"), "22 articles for “imprimante”") || len(pg.all("h3")) != 2 {
		t.Errorf("%s", pg.text("main"))
	}
	if n := pg.all("a[hreflang=fr]"); len(n) != 2 {
		t.Errorf("%d of the French titles say so", len(n))
	}
}
