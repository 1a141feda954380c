package mattermost

import "testing"

func TestDefuse(t *testing.T) {
	for in, want := range map[string]string{
		"Bonjour, rien de spécial.":      "Bonjour, rien de spécial.",
		"@all regardez":                  "@\u200ball regardez",
		"voir avec:@channel":             "voir avec:@\u200bchannel",
		"_@here_":                        "_@\u200bhere_",
		"alix.exemple@creteil.example":   "alix.exemple@creteil.example",
		"<!channel> <@u1>":               "<\u200b!channel> <\u200b@\u200bu1>",
		"![x](http://evil.example/p)":    `!\[x\](http://evil.example/p)`,
		"[portail](http://evil.example)": `\[portail\](http://evil.example)`,
		"  # Titre":                      `\# Titre`,
		"Titre\n=====":                   "Titre\n\\=====",
		"Titre\n---":                     "Titre\n\\---",
		"```\ncode":                      "\\`\\`\\`\ncode",
		"a | b":                          `a \| b`,
		`C:\dossier`:                     `C:\\dossier`,
		"a\r\nb":                         "a\nb",
		"\xff":                           "\uFFFD",
	} {
		if got := defuse(in); got != want {
			t.Errorf("defuse(%q) = %q, want %q", in, got, want)
		}
	}
	if got := quote("a\n\nb"); got != "> a\n> \n> b" {
		t.Errorf("quote: %q", got)
	}
}
