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

// mentioned returns the members of the desk whom a note is for: those of
// in.Mentions, then those whose login or whose mail address's local part its
// text names after an @, each once and at most MaxMentions of them. What several
// may be called names nobody.
func mentioned(agents []Person, in Input) []Person {
	var out []Person
	add := func(p Person) {
		if len(out) < MaxMentions && !slices.ContainsFunc(out, func(q Person) bool { return q.ID == p.ID }) {
			out = append(out, p)
		}
	}
	for _, p := range agents {
		if slices.Contains(in.Mentions, p.ID) {
			add(p)
		}
	}
	for _, m := range mentionPattern.FindAllStringSubmatch(in.Text, -1) {
		var found []Person
		for _, p := range agents {
			local, _, _ := strings.Cut(p.Email, "@")
			if strings.EqualFold(m[1], p.Login) || strings.EqualFold(m[1], local) {
				found = append(found, p)
			}
		}
		if len(found) == 1 {
			add(found[0])
		}
	}
	return out
}
