package mattermost

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxPost is the longest answer, in characters: a post holds 16,383.
const maxPost = 16_000

// zeroWidth keeps a name from being a mention, and is not seen.
const zeroWidth = "\u200b"

// defuse takes the power to call people from s: @all, @here, @name, <!here>,
// <@id>. Mail addresses stay as they are.
func defuse(s string) string {
	if !strings.ContainsAny(s, "@<") {
		return s
	}
	var b strings.Builder
	before := ' '
	for i, r := range s {
		b.WriteRune(r)
		if r == '@' || r == '<' {
			after := s[i+1:]
			called := r == '@' && after != "" && !unicode.IsLetter(before) && !unicode.IsDigit(before)
			if (called || r == '<' && strings.IndexAny(after, "!@") == 0) && !strings.HasPrefix(after, zeroWidth) {
				b.WriteString(zeroWidth)
			}
		}
		before = r
	}
	return b.String()
}

// literal escapes Markdown, so that what people wrote is shown as they wrote
// it: no heading, picture, link text or table of theirs. Plain links stay.
func literal(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		for i, word := range strings.SplitAfter(line, " ") {
			if strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "https://") {
				b.WriteString(strings.NewReplacer("|", "%7C", "`", "%60", "[", "%5B", "]", "%5D", "*", "%2A").Replace(word))
				continue
			}
			for j, r := range word {
				if strings.ContainsRune("\\`*_[]~|<#", r) || i == 0 && j == 0 && strings.ContainsRune(">=", r) {
					b.WriteByte('\\')
				}
				b.WriteRune(r)
			}
		}
	}
	return defuse(b.String())
}

// inline is literal on one line, as in a cell of a table.
func inline(s string) string { return literal(strings.Join(strings.Fields(s), " ")) }

// block is literal as a quotation of several lines.
func block(s string) string {
	return "> " + strings.ReplaceAll(literal(strings.TrimSpace(s)), "\n", "\n> ")
}

// shorten cuts s to at most that many characters and says so by an ellipsis.
func shorten(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimRightFunc(string([]rune(s)[:limit-1]), unicode.IsSpace) + "…"
}
