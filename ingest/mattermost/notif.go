package mattermost

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cecoia.example/tickets"
)

// notif shows how the direct messages of a member of the desk come, and changes
// it.
var notif = verb{
	name: "notif", aliases: []string{"notify", "notifications", "notification", "notifs", "avertir", "messages"},
	run: func(ctx context.Context, c *call) (string, error) {
		now, err := c.Desk.DirectMessages(ctx, c.by(0))
		if err != nil {
			return "", err
		}
		words := notifWords(c.rest)
		if len(words) == 0 {
			return c.directMessages(now), nil
		}
		next, ok := tuned(now, words)
		switch {
		case !ok && slices.ContainsFunc(words, func(w string) bool { return strings.ContainsAny(w, "0123456789") }):
			return "", refusal(c.print.T("chat.notif.times"))
		case !ok:
			return "", errUsage
		}
		if next, err = c.Desk.SetDirectMessages(ctx, c.by(0), next); err != nil {
			return "", err
		}
		return c.print.T("chat.notif.done") + "\n\n" + c.directMessages(next), nil
	},
}

// Words for what can be tuned, folded. Each is also understood in the plural.
var (
	directKinds = map[tickets.Template][]string{
		tickets.TemplateAssigned:   {"affectation", "affecte", "affecter", "confie", "attribution", "assignment", "assigned", "assign"},
		tickets.TemplateComplement: {"complement", "reponse", "maj", "precision", "completion", "update", "answer", "detail"},
		tickets.TemplateRefused:    {"refus", "refuse", "refuser", "refusal", "refused", "rejection"},
		tickets.TemplateReopened:   {"reouverture", "rouvert", "rouvrir", "reopening", "reopened", "reopen"},
		tickets.TemplateMentioned:  {"mention", "cite", "citation", "note", "mentioned"},
	}
	directPaces = map[tickets.Pace][]string{
		tickets.PaceNow:    {"direct", "directement", "immediat", "immediatement", "maintenant", "toujours", "oui", "now", "immediately", "always", "on", "yes"},
		tickets.PaceDigest: {"recapitulatif", "recap", "resume", "groupe", "digest", "summary"},
		tickets.PaceNever:  {"jamais", "aucun", "aucune", "non", "rien", "never", "none", "off", "no"},
	}
	allKinds     = []string{"tout", "toute", "tous", "all", "everything"}
	quietWords   = []string{"calme", "silence", "nuit", "tranquille", "quiet", "night"}
	defaultWords = []string{"defaut", "initial", "default", "reset"}
	notifFillers = []string{"et", "and", "a", "at", "de", "du", "from", "to", "les", "le", "la", "the", "heure", "hour", "par", "en", "mes", "my", "message", "-", "–", "—", "+", "&", ","}
)

// notifWords are the words that mean something, folded.
func notifWords(s string) []string {
	s = regexp.MustCompile(`(\d\s*[hH:]?\d*)\s*[-–—]\s*(\d)`).ReplaceAllString(s, "$1 - $2")
	words := strings.FieldsFunc(fold(s), func(r rune) bool { return blank(r) || strings.ContainsRune(",;'\"«»()`.", r) })
	for i, w := range words {
		words[i] = strings.Trim(w, ":")
	}
	return slices.DeleteFunc(words, func(w string) bool { return w == "" || isWord(notifFillers, w) })
}

// isWord says whether w is one of the words, in the singular or the plural.
func isWord(words []string, w string) bool {
	return slices.Contains(words, w) || slices.Contains(words, strings.TrimSuffix(w, "s"))
}

// tuned is what the words make of d; false when they are not understood, which
// is also when one of them is not.
func tuned(d tickets.DirectMessages, words []string) (tickets.DirectMessages, bool) {
	first, rest := words[0], words[1:]
	switch {
	case isWord(defaultWords, first):
		return tickets.DirectMessages{}, len(rest) == 0
	case isWord(quietWords, first):
		return quieted(d, rest)
	case isWord(directPaces[tickets.PaceDigest], first) && len(rest) > 0:
		if at, ok := times(rest); ok {
			d.Digest = at
			return d, true
		}
	}
	return paced(d, words)
}

// quieted sets the quiet time: from and to, or none.
func quieted(d tickets.DirectMessages, words []string) (tickets.DirectMessages, bool) {
	if len(words) == 1 && isWord(directPaces[tickets.PaceNever], words[0]) {
		d.Quiet = tickets.Quiet{}
		return d, true
	}
	at, ok := times(words)
	if !ok || len(at) != 2 || at[0] == at[1] {
		return d, false
	}
	d.Quiet = tickets.Quiet{From: at[0], To: at[1]}
	return d, true
}

// paced sets the pace of some kinds, or of all: "affectation, refus jamais".
func paced(d tickets.DirectMessages, words []string) (tickets.DirectMessages, bool) {
	var kinds []tickets.Template
	var pace tickets.Pace
	for _, w := range words {
		found := false
		for _, kind := range tickets.DirectTemplates() {
			if isWord(directKinds[kind], w) || isWord(allKinds, w) {
				kinds, found = append(kinds, kind), true
			}
		}
		for p, names := range directPaces {
			if isWord(names, w) {
				if pace != "" && pace != p {
					return d, false
				}
				pace, found = p, true
			}
		}
		if !found {
			return d, false
		}
	}
	if len(kinds) == 0 || pace == "" {
		return d, false
	}
	paces := maps.Clone(d.Paces)
	if paces == nil {
		paces = map[tickets.Template]tickets.Pace{}
	}
	for _, kind := range kinds {
		paces[kind] = pace
	}
	d.Paces = paces
	return d, true
}

// timePattern is a time of the day as people write it: 9:00, 9h, 18 h 30, 24:00.
var timePattern = regexp.MustCompile(`^(\d{1,2})(?:[h:](\d{2})?)?$`)

// times reads times of the day; false when a word is none, or there is no word.
func times(words []string) (out []tickets.Minute, ok bool) {
	for _, w := range words {
		m := timePattern.FindStringSubmatch(w)
		if m == nil {
			return nil, false
		}
		hours, _ := strconv.Atoi(m[1])
		minutes, _ := strconv.Atoi("0" + m[2])
		if hours > 24 || minutes > 59 || hours == 24 && minutes > 0 {
			return nil, false
		}
		out = append(out, tickets.Minute(hours%24*60+minutes))
	}
	return out, len(out) > 0
}

// directMessages shows how the person's direct messages come, and how to change
// it.
func (c *call) directMessages(d tickets.DirectMessages) string {
	var b strings.Builder
	b.WriteString(c.print.T("chat.notif.head") + "\n\n" + c.print.T("chat.notif.columns") + "\n|:--|:--|\n")
	for _, kind := range tickets.DirectTemplates() {
		b.WriteString("| " + c.print.T("chat.notif.kind."+string(kind)) + " | " + c.print.T("chat.notif.pace."+string(d.Pace(kind))) + " |\n")
	}
	quiet := c.print.T("chat.notif.quiet.none")
	if d.Quiet.From != d.Quiet.To {
		quiet = c.print.T("chat.notif.quiet", d.Quiet.From, d.Quiet.To)
	}
	b.WriteString("\n" + quiet + " " + c.print.T("chat.notif.digest", d.DigestTimes()) + "\n\n" + c.print.T("chat.notif.change"))
	return b.String()
}
