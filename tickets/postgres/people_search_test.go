package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
)

// staff are made-up people whose names are hard to find.
func staff(a tickets.AcademyID) []postgres.Entry {
	var out []postgres.Entry
	for _, n := range [][3]string{
		{"Zoé", "Éxemple-Çédille", "zoe.exemple"},
		{"Jean-Pierre", "D’Essai", "jp.essai"},
		{"Œdipe", "Straße", "oedipe"},
		{"Anne", "Modèlerie", "anne.modelerie2"},
		{"Li", "Xu", "xu.li"},
		{"Cent%", "Under_score", "cent"},
		{"", "Seulement", "seul"},
	} {
		p := person(a, n[2])
		p.GivenName, p.FamilyName = n[0], n[1]
		p.Login = "L-" + n[2]
		out = append(out, postgres.Entry{Person: p})
	}
	return out
}

func TestFindPeople(t *testing.T) {
	w := newWorld(t)
	must(t)(nil, w.ImportPeople(t.Context(), "creteil", staff("creteil")))
	must(t)(nil, w.ImportPeople(t.Context(), "paris", staff("paris")))
	must(t)(nil, w.exec(t, `UPDATE people SET active = false WHERE academy = 'creteil' AND family_name = 'Seulement'`))
	desk, claire := w.desk(), by("creteil", "claire")
	for text, want := range map[string]string{
		"exemple":                            "Zoé Éxemple-Çédille",
		"EXEMPLE":                            "Zoé Éxemple-Çédille",
		"éxèmple cedille":                    "Zoé Éxemple-Çédille",
		"e\u0301xemple":                      "Zoé Éxemple-Çédille", // decomposed, as some keyboards write
		"zoe exemple":                        "Zoé Éxemple-Çédille",
		"exemple, zoé":                       "Zoé Éxemple-Çédille",
		"xempl":                              "Zoé Éxemple-Çédille", // infix
		"zo":                                 "Zoé Éxemple-Çédille", // two letters, prefix
		"xu":                                 "Li Xu",
		"x":                                  "Li Xu",
		"l x":                                "Li Xu",
		"jean-pierre":                        "Jean-Pierre D’Essai",
		"pierre":                             "Jean-Pierre D’Essai",
		"d'essai":                            "Jean-Pierre D’Essai",
		"D’ESSAI":                            "Jean-Pierre D’Essai",
		"jp.essai":                           "Jean-Pierre D’Essai",
		"jp.essai@creteil.example":           "Jean-Pierre D’Essai",
		"oedipe":                             "Œdipe Straße",
		"œdipe strasse":                      "Œdipe Straße",
		"modelerie2":                         "Anne Modèlerie",
		"Dominique <zoe.exemple@x.test>":     "",
		"cent%":                              "Cent% Under_score",
		"%":                                  "",
		"_":                                  "",
		"%%%":                                "",
		"under_score":                        "Cent% Under_score",
		"undexscore":                         "",
		`\`:                                  "",
		"e":                                  "Zoé Éxemple-Çédille|Jean-Pierre D’Essai",
		"pe":                                 "", // two letters are no infix
		"seulement":                          "", // left
		"L-zoe":                              "", // a login
		"":                                   "",
		"\u202e\u200f":                       "",
		"\u202eexemple":                      "Zoé Éxemple-Çédille",
		"\x00exemple":                        "Zoé Éxemple-Çédille",
		"' OR 1=1 --":                        "",
		"exemple" + strings.Repeat(" a", 90): "",
	} {
		found, total, err := desk.FindPeople(t.Context(), claire, text, 20, 0)
		var names []string
		for _, p := range found {
			names = append(names, p.Name())
			if strings.Contains(p.Email, "paris") {
				t.Errorf("%q finds another academy's", text)
			}
		}
		if text == "e" { // given names and mail addresses begin with it, too
			if !slices.Contains(names, "Zoé Éxemple-Çédille") {
				t.Errorf("%q finds %q", text, names)
			}
			continue
		}
		if got := strings.Join(names, "|"); err != nil || got != want || total != len(names) {
			t.Errorf("%q finds %q of %d, %v, want %q", text, got, total, err, want)
		}
	}
	for _, bad := range []string{strings.Repeat("a", 201), strings.Repeat("é", 1_000_000), "caf\xe9"} {
		_, _, err := desk.FindPeople(t.Context(), claire, bad, 20, 0)
		code(t, fmt.Sprintf("%.10q", bad), err, tickets.Invalid)
	}
}

// The family name's beginning comes first, pages do not overlap, and the count
// is right past the end.
func TestFindPeoplePages(t *testing.T) {
	w := newWorld(t)
	var entries []postgres.Entry
	for i := range 45 {
		p := person("creteil", fmt.Sprint("page", i))
		p.GivenName, p.FamilyName = fmt.Sprintf("Martin%02d", i), "Test"
		if i%3 == 0 {
			p.GivenName, p.FamilyName = "Test", fmt.Sprintf("Martin%02d", i)
		}
		entries = append(entries, postgres.Entry{Person: p})
	}
	must(t)(nil, w.ImportPeople(t.Context(), "creteil", entries))
	desk, claire := w.desk(), by("creteil", "claire")
	seen := map[uuid.UUID]bool{}
	for _, page := range []struct{ offset, want int }{{0, 20}, {20, 20}, {40, 5}, {60, 0}, {-5, 20}} {
		found, total, err := desk.FindPeople(t.Context(), claire, "martin", 20, page.offset)
		if err != nil || len(found) != page.want || total != 45 {
			t.Fatalf("from %d: %d of %d, %v", page.offset, len(found), total, err)
		}
		if page.offset == 0 && (found[0].FamilyName != "Martin00" || found[14].FamilyName != "Martin42" || found[15].FamilyName != "Test") {
			t.Errorf("first %s, %s, %s", found[0].Name(), found[14].Name(), found[15].Name())
		}
		for _, p := range found {
			if page.offset >= 0 && seen[p.ID] {
				t.Errorf("%s is on two pages", p.Name())
			}
			seen[p.ID] = true
		}
	}
}

// At the size of a whole academy, the index serves each kind of search: a rare
// word, one letter, several words, and what nobody is called.
func TestFindPeopleUsesItsIndex(t *testing.T) {
	w := newWorld(t)
	must(t)(w.at(t).Exec(t.Context(), `INSERT INTO people (academy, id, email, given_name, family_name)
		SELECT a, gen_random_uuid(), 'p' || i || '@x.example',
			(ARRAY['Anne','Bérénice','Chloé','Denis','Élodie','Fadi','Gaël','Hana'])[1 + i % 8],
			initcap(translate(substr(md5(i::text), 1, 9), '0123456789', 'aeiouylmnr'))
		FROM generate_series(1, 25000) i, unnest(ARRAY['creteil', 'paris']) a`))
	must(t)(w.at(t).Exec(t.Context(), `ANALYZE people`))
	db, err := postgres.Open(t.Context(), postgres.Options{URL: w.url, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	// The server counts what its plans read; a connection tells when asked to.
	scans := func() (index, table int) {
		t.Helper()
		must(t)(db.Pool().Exec(t.Context(), `SELECT pg_stat_force_next_flush()`))
		err := db.Pool().QueryRow(t.Context(), `SELECT i.idx_scan, t.seq_scan
			FROM pg_stat_user_indexes i JOIN pg_stat_user_tables t USING (relid)
			WHERE i.indexrelname = 'people_search'`).Scan(&index, &table)
		if err != nil {
			t.Fatal(err)
		}
		return index, table
	}
	for _, words := range [][]string{{"xyzw"}, {"zz"}, {"a"}, {"anne", "bea"}, {"élodie"}, {"elo", "d", "ab"}} {
		index, table := scans()
		for range 7 { // past the point where the server plans once for all arguments
			if _, _, err := db.FindPeople(t.Context(), "creteil", words, 20, 0); err != nil {
				t.Fatal(err)
			}
		}
		if i, s := scans(); i != index+14 || s != table {
			t.Errorf("%q: %d uses of the index, want 14, %d readings of the whole table", words, i-index, s-table)
		}
	}
}
