package mattermost

import (
	"fmt"
	"strings"
	"testing"

	"cecoia.example/tickets"
)

func TestNumbersAndWords(t *testing.T) {
	for in, want := range map[string]string{
		"12 bonjour":                 "[12] bonjour",
		"12 : bonjour":               "[12 :] bonjour",
		"12: 3 écrans":               "[12 :] 3 écrans",
		"12 3 écrans":                "[12 3] écrans unclear",
		"12 12 écrans":               "[12 12] écrans unclear",
		"12 13 : fait":               "[12 13 :] fait",
		"12, 13 et #15 : fait":       "[12 13 #15 :] fait",
		"12 et voilà":                "[12] et voilà",
		"12 13":                      "[12 13] ",
		": 12 écrans":                "[] 12 écrans",
		"bonjour":                    "[] bonjour",
		"":                           "[] ",
		"I261121_007 l’écran : noir": "[I261121_007] l’écran : noir",
		"12 :warning: noir":          "[12] :warning: noir",
	} {
		p := parsePhrase(in)
		numbers := make([]string, len(p.numbers))
		for i, n := range p.numbers {
			numbers[i] = n.String()
		}
		got := fmt.Sprintf("[%s] %s", strings.Join(numbers, " "), p.words)
		if p.unclear() {
			got += " unclear"
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestNumbersAtTheEnd(t *testing.T) {
	for in, want := range map[string]string{
		"messagerie 12, 13 et 15":       "messagerie|12 13 15",
		"Boîte pleine #12":              "Boîte pleine|#12",
		"messagerie":                    "messagerie|",
		"Applications du 1er degré 12":  "Applications du 1er degré|12",
		"12":                            "12|",
		strings.Repeat("x ", 200) + "1": strings.TrimSpace(strings.Repeat("x ", 200)+"1") + "|",
	} {
		value, numbers := cutTail(in)
		typed := make([]string, len(numbers))
		for i, n := range numbers {
			typed[i] = n.String()
		}
		if got := strings.TrimSpace(value) + "|" + strings.Join(typed, " "); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestUrgencyAsPeopleTypeIt(t *testing.T) {
	for in, want := range map[string]string{
		"haute 12 13":          "2 12 13",
		"12 13 haute":          "2 12 13",
		"12 Critique":          "1 12",
		"12 2":                 "2 12",
		"2 12 13":              "2 12 13",
		"3":                    "3",
		"faible":               "3",
		"high 12":              "2 12",
		"élevée #12":           "2 #12",
		"12 haute : tous":      "2 12 (tous)",
		"haute 12 : tous":      "2 12 : (tous)",
		"#1 2":                 "2 #1",
		"1 2":                  "",
		"12 13":                "",
		"12":                   "",
		"":                     "",
		"12 forte":             "",
		"très haute 12":        "",
		"2 écrans":             "",
		"I261121_002 critique": "1 I261121_002",
	} {
		u, p, ok := parseUrgency(in)
		got := ""
		if ok {
			got = strings.TrimSpace(fmt.Sprint(int(u), " ", phrase{numbers: p.numbers}.String()))
			if p.words != "" {
				got += " (" + p.words + ")"
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestInvisibleMarksAreNoObstacle(t *testing.T) {
	s := New(Options{})
	for _, typed := range []string{"\ufeffprendre 12", "pren\u00addre\u200b 1\u20602", "\u202eprendre\u202c\u00a0\u200e12\u200f", "  prendre\u2003\u200b12\t"} {
		word, rest := cutWord(visible(typed))
		v, ok := s.find(word)
		n, left, numbered := cutNumber(rest)
		if !ok || v.name != "prendre" || !numbered || n.Ref != (tickets.Ref{Rank: 12}) || left != "" {
			t.Errorf("%q: verb %q, number %v, rest %q", typed, v.name, n, left)
		}
	}
	if got := visible("👨\u200d👩\u200d👧"); got != "👨\u200d👩\u200d👧" {
		t.Errorf("a family came apart: %q", got)
	}
}

func TestForWhomANewTicketIs(t *testing.T) {
	for in, want := range map[string]string{
		"pour nom@x.example l’écran est noir":    "nom@x.example|l’écran est noir",
		"Pour <nom@x.example> : noir":            "nom@x.example|noir",
		"for @alix black":                        "@alix|black",
		"pour Dominique Exemple : écran noir":    "Dominique Exemple|écran noir",
		"pour imprimer tout cela il faut : quoi": "|pour imprimer tout cela il faut : quoi",
		"l’écran est noir":                       "|l’écran est noir",
		"pour":                                   "|pour",
	} {
		who, rest, ok := cutBeneficiary(in)
		if got := who + "|" + rest; got != want || ok != (who != "") {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"service : un compte": "S un compte", "Incident: noir": "I noir", "le service : en panne": "I le service : en panne", "noir": "I noir",
	} {
		kind, rest := cutKind(in)
		if got := string(kind) + " " + rest; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
