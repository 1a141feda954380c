package mattermost

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

func TestNumbersAsPeopleTypeThem(t *testing.T) {
	for _, c := range []struct {
		in     string
		number string // "" when none
		marked bool
		rest   string
	}{
		{"7", "7", false, ""},
		{"007 bonjour", "7", false, "bonjour"},
		{"#7 bonjour", "7", true, "bonjour"},
		{"n°7 bonjour", "7", true, "bonjour"},
		{"N° 7 bonjour", "7", true, "bonjour"},
		{"№ 7", "7", true, ""},
		{"I261121_7 : bonjour", "I261121_007", true, "bonjour"},
		{"i261121_007, bonjour", "I261121_007", true, "bonjour"},
		{"1261121_007 bonjour", "I261121_007", true, "bonjour"},
		{"S261121-7", "S261121_007", true, ""},
		{"I261121\u00a0007 bonjour", "I261121_007", true, "bonjour"},
		{"“12” l’écran", "12", false, "l’écran"},
		{"« 12 » x", "12", false, "x"},
		{"12 :warning: x", "12", false, ":warning: x"},
		{"12 \"x\" y", "12", false, "\"x\" y"},
		{"«12» x", "12", false, "x"},
		{"  12\u00a0:\u202fbonjour", "12", false, "bonjour"},
		{"12\nligne", "12", false, "ligne"},
		{"12: x", "12", false, "x"},
		{"12h30 rendez-vous", "", false, "12h30 rendez-vous"},
		{"12,5 mm", "", false, "12,5 mm"},
		{"0", "", false, "0"},
		{"1234567", "", false, "1234567"},
		{"I269921_7", "", false, "I269921_7"},
		{"😀 12", "", false, "😀 12"},
		{"", "", false, ""},
	} {
		n, rest, ok := cutNumber(c.in)
		got := ""
		if ok {
			got = n.Ref.String()
		}
		if got != c.number || n.marked != c.marked || rest != c.rest {
			t.Errorf("%q: number %q marked %t rest %q, want %q %t %q", c.in, got, n.marked, rest, c.number, c.marked, c.rest)
		}
	}
}

func TestSeveralNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"12 13 15":                  "12 13 15|",
		"12, 13 et 15":              "12 13 15|",
		"12; 13 & 15":               "12 13 15|",
		"#12 I261121_13":            "12 I261121_013|",
		"12 12 012":                 "12 12 12|",
		"12 13 15 pour moi":         "12 13 15|pour moi",
		"n° 12 et n° 13":            "12 13|",
		"12\n13\t15\u00a016":        "12 13 15 16|",
		"":                          "|",
		"12-15":                     "|12-15",
		"12 et":                     "12|et",
		"12 et quelque chose avant": "12|et quelque chose avant",
		"12 13 : 3 écrans":          "12 13|3 écrans",
		"12: 13":                    "12|13",
	} {
		numbers, rest := cutNumbers(in, 9)
		words := make([]string, len(numbers))
		for i, n := range numbers {
			words[i] = n.Ref.String()
		}
		if got := strings.Join(words, " ") + "|" + rest; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestVerbsAreFoundHoweverTheyAreTyped(t *testing.T) {
	s := New(Options{})
	for in, want := range map[string]string{
		"prendre": "prendre", "PRENDRE": "prendre", " Prendre ": "prendre", "take": "prendre", "/prendre": "prendre",
		"résoudre": "résoudre", "resoudre": "résoudre", "RÉSOUDRE": "résoudre", "re\u0301soudre": "résoudre", "resolve": "résoudre",
		"répondre:": "répondre", "“voir”": "voir", "?": "aide", "": "aide", "help": "aide", "ｖｏｉｒ": "voir",
	} {
		word, _ := cutWord(in)
		if v, ok := s.find(word); !ok || v.name != want {
			t.Errorf("%q is %q (%t), want %q", in, v.name, ok, want)
		}
	}
	for in, want := range map[string]string{
		"prender": "prendre", "prnedre": "prendre", "prend": "prendre", "résourde": "résoudre", "lsite": "liste",
		"demande": "demander", "ntoe": "note", "aid": "aide", "tkae": "prendre", "repond": "répondre", "shwo": "voir",
		"xyzzy": "", "z": "", "bonjour": "", strings.Repeat("prendre", 100): "",
	} {
		v, ok := suggest(s.verbs, in)
		if v.name != want || ok != (want != "") {
			t.Errorf("%q suggests %q, want %q", in, v.name, want)
		}
	}
}

// Dispatch, help, hint and words derive from one table: nothing in it may clash
// or be without words.
func TestTheTableIsSound(t *testing.T) {
	seen := map[string]string{}
	for _, v := range table() {
		for _, name := range append([]string{fold(v.name)}, v.aliases...) {
			if other, clash := seen[name]; clash {
				t.Errorf("%q is both %s and %s", name, other, v.name)
			}
			if name != fold(name) {
				t.Errorf("%s: alias %q is not folded", v.name, name)
			}
			seen[name] = v.name
		}
		for _, lang := range []tickets.Lang{tickets.French, tickets.English} {
			p := locale.For(lang, nil)
			for _, what := range []string{"usage", "example", "about", "more"} {
				if text := p.T(v.key(what)); strings.Contains(text, "⟦") {
					t.Errorf("no words for %s", v.key(what))
				}
			}
			if strings.Contains(p.T(v.key("usage"))+p.T(v.key("about")), "|") {
				t.Errorf("%s in %s would break the table of help", v.name, lang)
			}
			for _, what := range []string{"usage", "example"} {
				word, _ := cutWord(p.T(v.key(what)))
				if found, _ := New(Options{}).find(word); found.name != v.name {
					t.Errorf("%s in %s begins with %q, which is %q", v.key(what), lang, word, found.name)
				}
			}
			if def := Definition(lang, "http://hooks.example"); !strings.Contains(def.AutoCompleteHint, v.label(p)) || def.Trigger != Trigger {
				t.Errorf("%s is not in the hint %q", v.label(p), def.AutoCompleteHint)
			}
		}
	}
}

func TestNobodyIsCalledAndNothingIsDrawn(t *testing.T) {
	for in, want := range map[string]string{
		"@all @here (@channel) @alix": "@\u200ball @\u200bhere (@\u200bchannel) @\u200balix",
		"<!channel> <@abc>":           "<\u200b!channel> <\u200b@\u200babc>",
		"alix@creteil.example":        "alix@creteil.example",
		"x.@all":                      "x.@\u200ball",
		"3 < 4 @ 5":                   "3 < 4 @\u200b 5",
		defuse("@all"):                "@\u200ball",
		"## titre":                    "## titre",
		"<" + strings.Repeat("!", 3) + "here|<!all>|@@all": "<\u200b!!!here|<\u200b!all>|@\u200b@\u200ball",
	} {
		if got := defuse(in); got != want {
			t.Errorf("defuse(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"# titre":                              `\# titre`,
		"![x](http://a.example)":               `!\[x\](http://a.example)`,
		"a | b":                                `a \| b`,
		"**gras** _it_ `code`":                 "\\*\\*gras\\*\\* \\_it\\_ \\`code\\`",
		"> cité\n> encore":                     "\\> cité\n\\> encore",
		"voir https://a.example/x_y?z=1 merci": "voir https://a.example/x_y?z=1 merci",
		"<!all>":                               `\<` + "\u200b!all>",
		"@all":                                 "@\u200ball",
	} {
		if got := literal(in); got != want {
			t.Errorf("literal(%q) = %q, want %q", in, got, want)
		}
	}
	if got := block("un\ndeux"); got != "> un\n> deux" {
		t.Errorf("block: %q", got)
	}
	if got := shorten("éééé", 3); got != "éé…" {
		t.Errorf("shorten: %q", got)
	}
}

func TestOnlyThePathOfAResponseURLCounts(t *testing.T) {
	for in, want := range map[string]string{
		"http://chat.example/hooks/commands/abc123":       "abc123",
		"http://evil.test/hooks/commands/abc123":          "abc123",
		"http://evil.test/chat/hooks/commands/abc123":     "abc123",
		"http://evil.test/hooks/commands/abc123?x=1#y":    "abc123",
		"http://evil.test/hooks/commands/../users":        "",
		"http://evil.test/hooks/commands/%2e%2e":          "",
		"http://evil.test/api/v4/users":                   "",
		"http://evil.test/hooks/commands/abc/../../admin": "",
		"::": "", "": "",
	} {
		if got := replyHandle(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzCommand reads whatever people may type: nothing panics, and what was read
// reads the same once it is written back.
func FuzzCommand(f *testing.F) {
	for _, seed := range []string{
		"prendre 12 13 15", "résoudre I261121_7 : “l’écran”", "liste à valider suite 3", "note #7 @all <!here> | x",
		"\u00a0répondre\u202f12\n\nligne😀", "/ticket voir n° 7", "12", "?", "\xff\xfe 12", "@\xff\xff", "demander 12 http://a|b [x](y)",
		"répondre 12 et voilà", "note 12 : 3 écrans", "urgence 1 12", "thème messagerie 12, 13 et 15", "résoudre 1 2 : fait", "note : : 12 x",
		"pren\u2060dre \u202e12", "nouveau pour a@b.example : x", "liste lundi au vendredi 9h-12h sauf mercredi après 14 h 30",
	} {
		f.Add(seed)
	}
	s := New(Options{})
	c := &call{Commands: s, print: locale.For(tickets.French, nil)}
	f.Fuzz(func(t *testing.T, text string) {
		text = visible(text)
		word, rest := cutWord(text)
		if !strings.HasSuffix(text, rest) {
			t.Errorf("cutWord(%q): %q is not its end", text, rest)
		}
		s.find(word)
		suggest(s.verbs, word)
		if n, after, ok := cutNumber(rest); ok {
			if n.Rank <= 0 || !strings.HasSuffix(rest, after) || len(after) >= len(rest) {
				t.Errorf("cutNumber(%q) = %v, %q", rest, n, after)
			}
		}
		p := parsePhrase(rest)
		if len(p.numbers) > maxNumbers+1 || !strings.Contains(rest, p.words) {
			t.Errorf("parsePhrase(%q) = %+v", rest, p)
		}
		if again := parsePhrase(p.String()); !reflect.DeepEqual(again, p) {
			t.Errorf("%q is %+v; written back as %q it is %+v", rest, p, p.String(), again)
		}
		if words, page, ok := cutPage(rest); ok {
			if page < 1 {
				t.Errorf("page %d of %q", page, rest)
			}
			if f, unknown := c.parseFilter(words); unknown == "" {
				if again, unknown := c.parseFilter(c.words(f)); again != f || unknown != "" {
					t.Errorf("%q lists %+v; written back as %q %+v", rest, f, c.words(f), again)
				}
			}
		}
		if _, p, ok := parseUrgency(rest); ok && len(p.numbers) > maxNumbers+1 {
			t.Errorf("parseUrgency(%q) = %+v", rest, p)
		}
		cutTail(rest)
		cutKind(rest)
		cutBeneficiary(rest)
		reachable(rest, noon)
		if out := shown(text); utf8.RuneCountInString(out) > maxPost || strings.Contains(out, "<!") || defuse(out) != out {
			t.Errorf("shown(%q) = %q", text, out)
		}
		if utf8.ValidString(text) {
			inline(text)
			if out := block(text); strings.Contains(out, "<!") {
				t.Errorf("block(%q) = %q", text, out)
			}
		}
	})
}
