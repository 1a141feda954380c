package mattermost

import (
	"strings"
	"unicode"

	"github.com/mattermost/mattermost/server/public/model"
)

// zeroWidth breaks what would be a mention and cannot be seen.
const zeroWidth = "\u200b"

// defuse makes people's words harmless in a post: no mention (@all, @name), no
// Slack form (<!channel>), no image, link in disguise, heading, table or code
// fence. What they wrote stays readable as they wrote it.
func defuse(s string) string {
	var out strings.Builder
	lines := strings.Split(strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD"), "\n")
	for i, line := range lines {
		if i > 0 {
			out.WriteByte('\n')
		}
		defuseLine(&out, line)
	}
	return out.String()
}

func defuseLine(out *strings.Builder, line string) {
	text := strings.TrimSpace(line)
	// A heading, or the underline that makes one of the line above.
	if strings.HasPrefix(text, "#") || text != "" && strings.Trim(text, "=- ") == "" {
		out.WriteByte('\\')
		line = text
	}
	previous := ' '
	for i, r := range line {
		next, _ := nextRune(line[i+len(string(r)):])
		switch r {
		case '\\', '`', '[', ']', '|':
			out.WriteByte('\\')
		}
		out.WriteRune(r)
		switch {
		case r == '@' && !unicode.IsLetter(previous) && !unicode.IsNumber(previous), // an address stays whole
			r == '<' && (next == '!' || next == '@' || next == '#'):
			out.WriteString(zeroWidth)
		}
		previous = r
	}
}

func nextRune(s string) (rune, bool) {
	for _, r := range s {
		return r, true
	}
	return 0, false
}

// quote shows people's words, defused, as a quotation.
func quote(s string) string {
	return "> " + strings.ReplaceAll(defuse(strings.TrimSpace(s)), "\n", "\n> ")
}

// markdownLink writes a link of ours.
func markdownLink(label, url string) string { return "[" + label + "](" + url + ")" }

// cut keeps a message within what a post holds, in runes.
func cut(s string) string {
	r := []rune(s)
	if len(r) <= model.PostMessageMaxRunesV2 {
		return s
	}
	return string(r[:model.PostMessageMaxRunesV2-1]) + "…"
}
