package mail

import (
	"fmt"
	"html"
	"html/template"
	"regexp"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
)

var months = [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet",
	"août", "septembre", "octobre", "novembre", "décembre"}

// longDate is a date as a French letter writes it.
func longDate(t time.Time) string {
	return fmt.Sprintf("%d %s %d à %02d:%02d", t.Day(), months[t.Month()-1], t.Year(), t.Hour(), t.Minute())
}

// shortDate is a date in a list: the hour alone on the same day as now.
func shortDate(t, now time.Time) string {
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format("02/01/2006 15:04")
}

// size is a number of bytes as people read it.
func size(n int) string {
	switch {
	case n >= 1<<20:
		return strings.Replace(fmt.Sprintf("%.1f Mo", float64(n)/(1<<20)), ".", ",", 1)
	case n >= 1<<10:
		return fmt.Sprintf("%d Ko", n>>10)
	default:
		return fmt.Sprintf("%d octets", n)
	}
}

// who is the name, or else the address, of the people of a field, for a list.
func who(list []*mail.Address) string {
	var out []string
	for _, a := range list {
		if a.Name != "" {
			out = append(out, a.Name)
		} else {
			out = append(out, a.Address)
		}
	}
	if len(out) == 0 {
		return "(sans expéditeur)"
	}
	return strings.Join(out, ", ")
}

// initial is the letter of the disc beside a name.
func initial(name string) string {
	for _, r := range name {
		if r != '"' && r != '<' && r != '(' {
			return strings.ToUpper(string(r))
		}
	}
	return "?"
}

// hue is one of the eight colours of discs, always the same for a name.
func hue(name string) int {
	sum := 0
	for _, r := range name {
		sum = sum*31 + int(r)
	}
	return (sum%8 + 8) % 8
}

var (
	link       = regexp.MustCompile(`https?://[^\s<>"]+`)
	linkEnd    = regexp.MustCompile(`[.,;:!?'’»)\]]+$`)
	htmlHidden = regexp.MustCompile(`(?is)<(style|script|head|title)\b.*?</(style|script|head|title)\s*>`)
	htmlBreak  = regexp.MustCompile(`(?i)<(br|/p|/div|/tr|/li|/h[1-6])\b[^>]*>`)
	htmlTag    = regexp.MustCompile(`(?s)<[^>]*>`)
	blankLines = regexp.MustCompile(`\n\s*\n\s*\n+`)
)

// linkify is a plain text as HTML: links to click, quoted lines set apart.
func linkify(text string) template.HTML {
	var b strings.Builder
	for line := range strings.Lines(text) {
		quoted := strings.HasPrefix(line, ">")
		if quoted {
			b.WriteString(`<span class="quote">`)
		}
		rest := line
		for {
			at := link.FindStringIndex(rest)
			if at == nil {
				break
			}
			address := rest[at[0]:at[1]]
			if end := linkEnd.FindStringIndex(address); end != nil {
				address = address[:end[0]] // punctuation of the sentence
			}
			escaped := html.EscapeString(address)
			b.WriteString(html.EscapeString(rest[:at[0]]))
			fmt.Fprintf(&b, `<a href="%s" rel="noreferrer">%s</a>`, escaped, escaped)
			rest = rest[at[0]+len(address):]
		}
		b.WriteString(html.EscapeString(rest))
		if quoted {
			b.WriteString(`</span>`)
		}
	}
	return template.HTML(b.String()) //nolint:gosec // every piece was escaped above
}

// textOfHTML is the words of an HTML part, to quote them: no more than that.
func textOfHTML(source string) string {
	text := htmlHidden.ReplaceAllString(source, "")
	text = strings.Join(strings.Fields(text), " ")
	text = htmlBreak.ReplaceAllString(text, "\n")
	text = html.UnescapeString(htmlTag.ReplaceAllString(text, ""))
	return strings.TrimSpace(blankLines.ReplaceAllString(text, "\n\n"))
}
