package web_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"cecoia.example/tickets"
	"cecoia.example/web"
)

// sheet reads an export.
func sheet(t *testing.T, pg *page, comma rune) [][]string {
	t.Helper()
	if pg.status != http.StatusOK || pg.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Fatalf("%s: %d, %s", pg.path, pg.status, pg.header.Get("Content-Type"))
	}
	text, marked := strings.CutPrefix(string(pg.raw), "\ufeff")
	if !marked {
		t.Error("nothing says that it is UTF-8")
	}
	for i, line := range strings.SplitAfter(text, "\n") {
		if line != "" && !strings.HasSuffix(line, "\r\n") {
			t.Fatalf("line %d ends with %q", i, line[max(0, len(line)-2):])
		}
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = comma, -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAListIsExportedAsItIsShown(t *testing.T) {
	p, _ := filed(t)
	agent := p.as(t, person("creteil", "alix"))
	pg := agent.get("/incidents?portee=bureau&etat=tous&theme=poste&tri=-emise")
	href, _ := attr(pg.one("a[download]"), "href")
	got := agent.get(href)
	if want := `attachment; filename=incidents-2026-11-21.csv`; got.header.Get("Content-Disposition") != want {
		t.Errorf("Content-Disposition %s, want %s", got.header.Get("Content-Disposition"), want)
	}
	if got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %s", got.header.Get("Cache-Control"))
	}
	rows := sheet(t, got, ';')
	var shown []string
	for _, row := range rows[1:] {
		shown = append(shown, strings.TrimPrefix(row[0], "I261121_00"))
	}
	if strings.Join(shown, " ") != numbers(pg) || numbers(pg) != "1 4 6 7" {
		t.Errorf("exported %v, shown %s", shown, numbers(pg))
	}
	if titles := strings.Join(rows[0], "|"); !strings.HasPrefix(titles, "N°|Émise le|Fin max|Urgence|Statut|Thème|Résumé|Description|Entité|") {
		t.Errorf("titles %s", titles)
	}
	if row := strings.Join(rows[1], "|"); !strings.HasPrefix(row, "I261121_001|2026-11-21 12:00|2026-11-21 14:00|2 - Haute|En cours|Poste de travail||Écran noir|0940001R|") {
		t.Errorf("row %s", row)
	}

	// What is not seen is not exported.
	for login, want := range map[string]int{"robin": 6, "dominique": 5, "camille": 3} {
		rows := sheet(t, p.as(t, person("creteil", login)).get("/incidents/export.csv?portee=bureau&etat=tous"), ';')
		if len(rows) != want+1 {
			t.Errorf("%s exports %d tickets, want %d", login, len(rows)-1, want)
		}
		if strings.Contains(fmt.Sprint(rows), "médical") != (login == "camille") {
			t.Errorf("%s exports %v", login, rows)
		}
	}
	if rows := sheet(t, p.as(t, person("paris", "alix")).get("/services/export.csv?portee=bureau&etat=tous"), ';'); len(rows) != 1 {
		t.Errorf("another academy exports %v", rows)
	}

	english := p.as(t, person("creteil", "dominique"))
	english.post("/preferences", form("lang", "en", "return", "/"))
	got = english.get("/services/export.csv")
	if rows := sheet(t, got, ','); rows[0][1] != "Filed on" || rows[1][0] != "S261121_008" || !strings.Contains(got.header.Get("Content-Disposition"), "service-requests-2026-11-21.csv") {
		t.Errorf("in English: %v, %s", rows, got.header.Get("Content-Disposition"))
	}
	// What the page refuses is told by the page.
	english.get("/incidents/export.csv?du=hier").want(http.StatusUnprocessableEntity, "/incidents?du=hier")
	english.get("/incidents/export.csv?theme=alchimie").want(http.StatusUnprocessableEntity, "/incidents?theme=alchimie")
}

// What somebody wrote must not run in the spreadsheet of who reads it.
func TestAnExportHoldsNoFormula(t *testing.T) {
	p := newPortal(t)
	who := person("creteil", "dominique")
	wrote := []string{`=HYPERLINK("https://ailleurs.example";"Cliquez")`, "+33 1 99 00 00 01", "-1+1", "@SOMME(1)", "＝1+1", "Deux\nlignes; \"guillemets\"", "normal = 1"}
	for _, text := range wrote {
		p.open(t, who, tickets.Incident, tickets.Card{Description: text, Summary: "=1+1"})
	}
	rows := sheet(t, p.as(t, who).get("/incidents/export.csv?tri=-emise"), ';')
	for i, text := range wrote {
		want := text
		if i < 5 {
			want = "'" + text
		}
		if got := rows[i+1][7]; got != want || rows[i+1][6] != "'=1+1" {
			t.Errorf("%q is exported as %q, %q", text, got, rows[i+1][6])
		}
	}
}

func TestAnExportIsCutAndSaysSo(t *testing.T) {
	p := newPortalWith(t, func(o *web.Options) { o.MaxExport = 3 })
	who := person("creteil", "dominique")
	for i := range 4 {
		p.open(t, who, tickets.Incident, tickets.Card{Description: fmt.Sprintf("Panne %d", i)})
	}
	p.open(t, who, tickets.Service, tickets.Card{Description: "Une clé"})
	b := p.as(t, who)
	if pg := b.get("/incidents"); !strings.Contains(pg.text(".export"), "coupée à 3 demandes") {
		t.Errorf("the page does not say that an export is cut: %s", pg.text(".export"))
	}
	if pg := b.get("/services"); strings.Contains(pg.text(".export"), "coupée") {
		t.Errorf("the page says that an export is cut: %s", pg.text(".export"))
	}
	rows := sheet(t, b.get("/incidents/export.csv?tri=numero"), ';')
	if len(rows) != 5 || rows[1][0] != "I261121_004" || rows[3][0] != "I261121_002" {
		t.Fatalf("%d rows: %v", len(rows), rows)
	}
	if last := rows[4]; len(last) != 1 || !strings.Contains(last[0], "coupée à 3") {
		t.Errorf("the last row says %v", last)
	}
}
