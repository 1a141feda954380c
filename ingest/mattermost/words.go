package mattermost

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold writes s without accents, case and typographic variants, so that what
// people type compares with what we know.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r), invisible(r):
		case r == 'œ' || r == 'Œ':
			b.WriteString("oe")
		case r == '’' || r == '‘':
			b.WriteByte('\'')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// blank says whether r only separates words. Pasted text has invisible ones.
func blank(r rune) bool {
	return unicode.IsSpace(r) || unicode.Is(unicode.Z, r) || r == '\u200b' || invisible(r)
}

// invisible says whether r is a mark without width that comes along with pasted
// text: it means nothing in words, and is in the way in a number. The joiners of
// emoji and of some scripts are none of them, nor is the space without width.
func invisible(r rune) bool {
	switch r {
	case '\u00ad', '\u180e', '\u200e', '\u200f', '\u2060', '\u2061', '\u2062', '\u2063', '\u2064', '\ufeff',
		'\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2066', '\u2067', '\u2068', '\u2069':
		return true
	}
	return false
}

// visible is s without its invisible marks, those of our own answers included:
// people copy from them (see [defuse]).
func visible(s string) string {
	s = strings.ReplaceAll(s, "@"+zeroWidth, "@")
	return strings.Map(func(r rune) rune {
		if invisible(r) {
			return -1
		}
		return r
	}, s)
}

// cutWord returns the first word of s without quotes and punctuation around
// it, and what follows it as typed.
func cutWord(s string) (word, rest string) {
	s = strings.TrimLeftFunc(s, blank)
	end := strings.IndexFunc(s, blank)
	if end < 0 {
		end = len(s)
	}
	return strings.Trim(s[:end], "\"'“”«»‘’/:,;.!()[]"), strings.TrimLeftFunc(s[end:], blank)
}

// cutVerb returns the verb that s begins with and what follows it, past signs
// that stand apart, as French quotes do, and "/ticket" typed twice; and s without
// those.
func cutVerb(s string) (word, rest, from string) {
	word, rest = cutWord(s)
	for rest != "" && (word == "" || fold(word) == Trigger) {
		s = rest
		word, rest = cutWord(s)
	}
	if fold(word) == Trigger {
		return "", "", ""
	}
	return word, rest, s
}

// suggest returns the verb most like word, and false when none is.
func suggest(verbs []verb, word string) (verb, bool) {
	names := make([][]string, len(verbs))
	for i, v := range verbs {
		names[i] = append([]string{v.name}, v.aliases...)
	}
	if i, ok := nearest(word, names); ok {
		return verbs[i], true
	}
	return verb{}, false
}

// nearest returns which entry has a name most like word, of which each may have
// several; false when none is like it.
func nearest(word string, names [][]string) (entry int, ok bool) {
	word = fold(word)
	if len(word) > 40 {
		return 0, false
	}
	least := 3 // mistakes; at most one in four letters or so
	for i, all := range names {
		for _, name := range all {
			name = fold(name)
			if len(name) < 3 { // too short to be mistyped
				continue
			}
			d := distance(word, name)
			if len(word) >= 3 && strings.HasPrefix(name, word) {
				d = min(d, 1)
			}
			if d < least && d <= 1+len(name)/4 {
				entry, least, ok = i, d, true
			}
		}
	}
	return entry, ok
}

// distance counts the slips between two words: a letter missing, too many,
// wrong, or swapped with its neighbour (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
