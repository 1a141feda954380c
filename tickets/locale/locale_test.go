package locale

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
)

var verb = regexp.MustCompile(`%(\[\d+\])?.`)

func TestEachTextHasBothLanguagesAndTheSameArguments(t *testing.T) {
	for key, text := range words {
		if text.FR == "" || text.EN == "" {
			t.Errorf("%s: a language is missing: %+v", key, text)
		}
		fr, en := arguments(t, key, text.FR), arguments(t, key, text.EN)
		if !slices.Equal(fr, en) {
			t.Errorf("%s: French takes arguments %v, English %v", key, fr, en)
		}
	}
}

// arguments returns the sorted argument numbers that a format uses.
func arguments(t *testing.T, key, format string) []int {
	t.Helper()
	var used []int
	next := 1
	for _, m := range verb.FindAllString(format, -1) {
		if m == "%%" {
			continue
		}
		if m[len(m)-1] != 's' {
			t.Errorf("%s: verb %q: arguments are strings", key, m)
		}
		if m[1] == '[' {
			next = int(m[2] - '0')
		}
		if !slices.Contains(used, next) {
			used = append(used, next)
		}
		next++
	}
	slices.Sort(used)
	return used
}

func TestNoKeyIsInTwoTables(t *testing.T) {
	if got, want := len(words), len(deskWords)+len(portalWords)+len(mailWords)+len(chatWords)+len(chatVerbWords)+len(cardWords)+len(frameWords)+len(knowledgeWords)+len(ticketWords)+len(listWords)+len(formWords)+len(searchWords)+len(linkingWords)+len(dialogWords)+len(bounceWords)+len(directWords)+len(whyWords)+len(alertWords)+len(smtpdWords)+len(roundupWords)+len(supervisionWords)+len(majorWords); got != want {
		t.Errorf("%d keys in all, %d in the tables: two tables share one", got, want)
	}
}

// loose finds the plain space, or none, where French has one that does not break.
var loose = regexp.MustCompile("[^\u00a0][:»](?: |$)|[^\u202f][;?!](?: |$)|«[^\u00a0]|'")

// typed is what people are shown to type as it stands; so are the keys of
// commands' usages and examples.
var typed = regexp.MustCompile("`[^`]*`")

func TestFrenchPunctuationStaysWithItsWord(t *testing.T) {
	for key, text := range words {
		if key == "web.error.prefix" || strings.HasSuffix(key, ".usage") || strings.HasSuffix(key, ".example") {
			continue
		}
		if said := typed.ReplaceAllString(text.FR, "…"); loose.MatchString(said) {
			t.Errorf("%s: %q: %q", key, text.FR, loose.FindString(said))
		}
	}
}

func TestDatesPluralsAndRefusalsFollowTheLanguage(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 21, 9, 32, 0, 0, time.UTC)
	refusal := &tickets.Error{Code: tickets.Conflict, Message: "conflict.take", Args: []any{"I261121_007", "Alix Exemple", at}}
	for _, c := range []struct {
		lang tickets.Lang
		want string
	}{
		{tickets.French, "I261121_007 a déjà été pris par Alix Exemple le 21/11/2026 à 10:32."},
		{tickets.English, "I261121_007 was already taken by Alix Exemple on 21 Nov 2026 at 10:32."},
	} {
		if got := For(c.lang, paris).Error(refusal); got != c.want {
			t.Errorf("%s: got %q, want %q", c.lang, got, c.want)
		}
	}
	for n, want := range map[int][2]string{
		0: {"0", "0"}, 9999: {"9999", "9999"}, 10_000: {"10\u202f000", "10,000"}, -12_345: {"-12\u202f345", "-12,345"},
		1_234_567: {"1\u202f234\u202f567", "1,234,567"},
	} {
		if fr, en := For("fr", paris).Number(n), For("en", paris).Number(n); fr != want[0] || en != want[1] {
			t.Errorf("%d: %q, %q", n, fr, en)
		}
	}
	if got := For("fr", paris).Error(errors.New("pq: secret detail")); got != deskWords["error.internal"].FR {
		t.Errorf("an internal failure shows as %q", got)
	}
}

func TestWhatWaitsInALine(t *testing.T) {
	counts := func(yield func(string, int) bool) { _ = yield("new", 3) && yield("overdue", 1) }
	oldest := time.Date(2026, 11, 20, 8, 5, 0, 0, time.UTC)
	for lang, want := range map[tickets.Lang]string{
		tickets.French:  "3 demandes que personne n’a prises · une hors délai · la plus ancienne du 20/11/2026 à 08:05",
		tickets.English: "3 requests that nobody has taken · one overdue · the oldest of 20 Nov 2026 at 08:05",
	} {
		if got := For(lang, nil).Waiting(counts, oldest); got != want {
			t.Errorf("%s: %q", lang, got)
		}
	}
	if got := For(tickets.French, nil).Waiting(func(func(string, int) bool) {}, time.Time{}); got != "" {
		t.Errorf("nothing waits: %q", got)
	}
}
