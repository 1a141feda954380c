package mattermost

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"cecoia.example/tickets"
)

// fold writes s without accents, case and typographic variants, so that what
// people type compares with what we know.
func fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
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
	return unicode.IsSpace(r) || unicode.Is(unicode.Z, r) || r == '\u200b' || r == '\ufeff'
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

// refPattern reads a number at the head of what follows a verb: an optional
// mark (#, n°, №), a full number or a rank, punctuation, and white space.
var refPattern = regexp.MustCompile(`(?i)^["'“”«»‘’(\[\s\p{Z}]*(#|n[°º]|№)?[\s\p{Z}]*([IS1][0-9]{6}[\s\p{Z}_‑–—-][0-9]{1,6}|[0-9]{1,6})(?:[\s\p{Z}]*["'”»’)\],;:.]+)*(?:[\s\p{Z}\x{200b}\x{feff}]+|$)`)

// number is a reference as typed.
type number struct {
	tickets.Ref
	// marked: written as a number beyond doubt (#7, n° 7, I261121_007), where
	// "3 imprimantes" may be the beginning of a sentence.
	marked bool
}

// cutNumber takes a ticket's number off the head of s; false when s begins with
// something else.
func cutNumber(s string) (n number, rest string, ok bool) {
	s = strings.TrimLeftFunc(s, blank)
	m := refPattern.FindStringSubmatchIndex(s)
	if m == nil {
		return number{}, s, false
	}
	digits := strings.Map(func(r rune) rune {
		switch {
		case blank(r):
			return ' '
		case r == '‑' || r == '–' || r == '—':
			return '-'
		}
		return r
	}, s[m[4]:m[5]])
	ref, err := tickets.ParseRef(digits)
	if err != nil {
		return number{}, s, false
	}
	return number{ref, m[2] >= 0 || !ref.Bare()}, strings.TrimLeftFunc(s[m[1]:], blank), true
}

// joins are the words and signs between several numbers.
var joins = regexp.MustCompile(`(?i)^(?:et|and|puis|[&+,;])[\s\p{Z}]+`)

// cutNumbers takes the numbers off the head of s, each once, and stops after
// more than limit.
func cutNumbers(s string, limit int) (numbers []number, rest string) {
	for len(numbers) <= limit {
		n, after, ok := cutNumber(s)
		if !ok {
			break
		}
		if !slices.ContainsFunc(numbers, func(m number) bool { return m.Ref == n.Ref }) {
			numbers = append(numbers, n)
		}
		s = after[len(joins.FindString(after)):]
	}
	return numbers, s
}

// plainText trims what people write between a number and their words: "12 : …".
func plainText(s string) string {
	s = strings.TrimFunc(s, blank)
	if after, ok := strings.CutPrefix(s, ":"); ok && (after == "" || blank([]rune(after)[0])) {
		s = strings.TrimLeftFunc(after, blank)
	}
	return s
}

// suggest returns the verb most like word, and false when none is.
func suggest(verbs []verb, word string) (verb, bool) {
	word = fold(word)
	if len(word) > 40 {
		return verb{}, false
	}
	best, found := verb{}, false
	least := 3 // mistakes; at most one in four letters or so
	for _, v := range verbs {
		for _, name := range append([]string{v.name}, v.aliases...) {
			name = fold(name)
			if len(name) < 3 { // too short to be mistyped
				continue
			}
			d := distance(word, name)
			if len(word) >= 3 && strings.HasPrefix(name, word) {
				d = min(d, 1)
			}
			if d < least && d <= 1+len(name)/4 {
				best, least, found = v, d, true
			}
		}
	}
	return best, found
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
