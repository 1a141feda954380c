package tickets

import (
	"regexp"
	"slices"
	"strings"
)

// MaxMentions is how many members of the desk one note names; the rest are only
// words.
const MaxMentions = 10

// mentionPattern is a name as people write it after an @, without the full stop
// of the sentence.
var mentionPattern = regexp.MustCompile(`(?:^|[^\pL\pN_.@-])@([\pL\pN_-]+(?:\.[\pL\pN_-]+)*)`)

// MentionedNames returns what a note's text has after an @, each once whatever
// its case, as written and in order: perhaps names of people, perhaps only words.
func MentionedNames(text string) []string {
	var out []string
	for _, m := range mentionPattern.FindAllStringSubmatch(text, -1) {
		if !slices.ContainsFunc(out, func(s string) bool { return strings.EqualFold(s, m[1]) }) {
			out = append(out, m[1])
		}
	}
	return out
}

// mentioned returns the members of the desk whom a note is for: those of
// in.Mentions, or, when that is nil, those whose login or whose mail address's
// local part its text names; each once and at most MaxMentions of them. What
// several may be called names nobody.
func mentioned(agents []Person, in Input) []Person {
	var out []Person
	add := func(p Person) {
		if len(out) < MaxMentions && !slices.ContainsFunc(out, func(q Person) bool { return q.ID == p.ID }) {
			out = append(out, p)
		}
	}
	if in.Mentions != nil {
		for _, id := range in.Mentions {
			if i := slices.IndexFunc(agents, func(p Person) bool { return p.ID == id }); i >= 0 {
				add(agents[i])
			}
		}
		return out
	}
	for _, name := range MentionedNames(in.Text) {
		var found []Person
		for _, p := range agents {
			local, _, _ := strings.Cut(p.Email, "@")
			if strings.EqualFold(name, p.Login) || strings.EqualFold(name, local) {
				found = append(found, p)
			}
		}
		if len(found) == 1 {
			add(found[0])
		}
	}
	return out
}
