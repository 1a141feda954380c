package mattermost

import (
	"regexp"
	"strings"

	"cecoia.example/tickets"
)

// refPattern reads a number at the head of what follows a verb: an optional
// mark (#, n°, №), a full number or a rank, punctuation, and white space.
var refPattern = regexp.MustCompile(`(?i)^["'“”«»‘’(\[\s\p{Z}]*(#|n[°º]|№)?[\s\p{Z}]*([IS1][0-9]{6}[\s\p{Z}_‑–—-][0-9]{1,6}|[0-9]{1,6})(?:[\s\p{Z}]*["'”»’)\],;:.]+)*(?:[\s\p{Z}\x{200b}\x{feff}]+|$)`)

// number is a reference as typed.
type number struct {
	tickets.Ref
	// marked: written as a number beyond doubt (#7, n° 7, I261121_007), where
	// "3 imprimantes" may be the beginning of a sentence.
	marked bool
	// colon: a colon follows, so that what comes next is no number: "12 : 3 écrans".
	colon bool
}

// String writes the number so that it reads as the same.
func (n number) String() string {
	s := n.Ref.String()
	if n.marked && n.Bare() {
		s = "#" + s
	}
	if n.colon {
		s += " :"
	}
	return s
}

// cutNumber takes a ticket's number off the head of s, with the punctuation after
// it; false when s begins with something else.
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
	n = number{Ref: ref, marked: m[2] >= 0 || !ref.Bare(), colon: strings.Contains(s[m[5]:m[1]], ":")}
	return n, strings.TrimLeftFunc(s[m[1]:], blank), true
}

// joins are the words and signs between several numbers.
var joins = regexp.MustCompile(`(?i)^(?:et|and|puis|[&+,;])[\s\p{Z}]+`)

// cutNumbers takes the numbers off the head of s as typed, up to a colon, and
// stops after more than limit.
func cutNumbers(s string, limit int) (numbers []number, rest string) {
	n, rest, ok := cutNumber(s)
	for ok {
		numbers, s = append(numbers, n), rest
		if n.colon || len(numbers) > limit {
			break
		}
		n, rest, ok = cutNumber(s[len(joins.FindString(s)):])
	}
	return numbers, s
}

// phrase is what follows a verb: numbers, and words for all of them.
type phrase struct {
	numbers []number
	// colon: the words begin after a colon, beyond doubt.
	colon bool
	words string
}

// parsePhrase reads "12 13 : les mots", "12 les mots", ": les mots", "12 13" and
// what else people write; of more than maxNumbers numbers, the rest is words.
func parsePhrase(s string) phrase {
	numbers, rest := cutNumbers(s, maxNumbers)
	p := phrase{numbers: numbers, colon: len(numbers) > 0 && numbers[len(numbers)-1].colon}
	p.words = plainText(rest)
	if len(numbers) == 0 && p.words != strings.TrimFunc(rest, blank) {
		p.colon = true
	}
	return p
}

// String writes the phrase so that it reads as the same.
func (p phrase) String() string {
	var parts []string
	for _, n := range p.numbers {
		parts = append(parts, n.String())
	}
	if len(p.numbers) == 0 && p.colon {
		parts = append(parts, ":")
	}
	return strings.TrimFunc(strings.Join(append(parts, p.words), " "), blank)
}

// unclear says whether the words may be meant to begin before: at the second of
// several numbers, as in "12 3 écrans".
func (p phrase) unclear() bool { return len(p.numbers) > 1 && !p.colon && p.words != "" }

// cutTail takes the numbers off the end of s: "haute 12, 13". A text too long to
// be a value has none.
func cutTail(s string) (value string, numbers []number) {
	const longest = 300 // bytes
	if len(s) > longest {
		return s, nil
	}
	after := ' '
	for i, r := range s {
		if i > 0 && blank(after) && !blank(r) {
			if numbers, rest := cutNumbers(s[i:], maxNumbers); len(numbers) > 0 && rest == "" {
				return plainText(s[:i]), numbers
			}
		}
		after = r
	}
	return plainText(s), nil
}

// plainText trims what people write between a number and their words: "12 : …".
func plainText(s string) string {
	s = strings.TrimFunc(s, blank)
	for {
		after, ok := strings.CutPrefix(s, ":")
		if !ok || after != "" && !blank([]rune(after)[0]) {
			return s
		}
		s = strings.TrimLeftFunc(after, blank)
	}
}
