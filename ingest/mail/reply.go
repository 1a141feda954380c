package mail

import (
	"regexp"
	"strings"

	"cecoia.example/tickets"
)

// newWords returns what the author of a reply added: without the message they
// answer, quoted or not, and without their signature. It is careful: what is
// not surely old is kept, and quotes that the author wrote between are kept
// with their answers. At most [tickets.MaxText] characters.
func newWords(text string) string {
	text = strings.Trim(cleanText(text), "\n")
	lines := strings.Split(text, "\n")
	kept := dropOriginal(lines)
	kept = dropQuotes(kept)
	kept = dropSignature(kept)
	words := strings.TrimSpace(blankLines.ReplaceAllString(strings.Join(kept, "\n"), "\n\n"))
	if words == "" && !onlyOld(lines) {
		// All was cut off, yet something was not quoted: an answer below an
		// original that nothing marks. Better too much than nothing.
		words = strings.TrimSpace(text)
	}
	return cut(words, tickets.MaxText)
}

// blankLines are empty lines too many in a row.
var blankLines = regexp.MustCompile(`\n[ \t]*\n(?:[ \t]*\n)+`)

// spaces makes the no-break spaces of French typography plain, for comparison.
var spaces = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2007", " ", "\t", " ")

// plain is a line as it is compared: plain spaces, none around, no emphasis
// marks as some mailers put around the words of a header block.
func plain(line string) string {
	line = strings.ReplaceAll(line, "*", "")
	if strings.Contains(line, "\u00a0") || strings.Contains(line, "\u202f") || strings.Contains(line, "\u2007") || strings.Contains(line, "\t") {
		line = spaces.Replace(line) // which is slow where there are none
	}
	return strings.TrimSpace(line)
}

func isQuoted(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " "), ">") }

func isBlank(line string) bool { return strings.TrimSpace(line) == "" }

// separatorPattern is the line some mailers put above the message they quote whole.
var separatorPattern = regexp.MustCompile(`(?i)^-{2,}\s*(?:message d['’]origine|message original|mail original|courriel original|original message|original appointment)\s*-{2,}$`)

// headerPattern is a line of the header block that Outlook, Zimbra and others
// put above the message they quote whole. Its first group names the field.
var headerPattern = regexp.MustCompile(`(?i)^(de|from|envoyé|envoye|sent|date|à|a|to|cc|objet|subject|répondre à|reply-to)\s*:(?:\s|$)`)

// originalAt says whether the message that is answered begins at line i, quoted
// whole below.
func originalAt(lines []string, i int) bool {
	line := plain(lines[i])
	if strings.HasPrefix(line, "--") && separatorPattern.MatchString(line) {
		return true
	}
	if !strings.Contains(line, ":") { // as most lines
		return false
	}
	m := headerPattern.FindStringSubmatch(line)
	if m == nil || !strings.EqualFold(m[1], "de") && !strings.EqualFold(m[1], "from") {
		return false
	}
	// A "De :" alone may be the author's own word: the block has a date and a
	// subject or a recipient within the next lines, most of which are fields.
	var date, rest bool
	others := 0
	for _, next := range lines[i+1 : min(i+8, len(lines))] {
		m := headerPattern.FindStringSubmatch(plain(next))
		if m == nil {
			if others++; others > 2 || isBlank(next) && date && rest {
				return date && rest
			}
			continue
		}
		switch strings.ToLower(m[1]) {
		case "envoyé", "envoye", "sent", "date":
			date = true
		default:
			rest = true
		}
	}
	return date && rest
}

// attributionSure is what no sentence of the author's own has.
var attributionSure = regexp.MustCompile(`@|[0-9]{1,2}\s?[:h]\s?[0-9]{2}`)

// An attribution is the line some mailers put above a quote, in one piece or
// broken in up to three: "Le 20/11/2026 à 10:12, Assistance a écrit :".

// beginsAttribution says whether a line may be the first of one.
func beginsAttribution(line string) bool {
	first, _, more := strings.Cut(line, " ")
	return more && (first == "Le" || first == "On" || first == "El" || first == "Am")
}

// endsAttribution says whether a line may be the last of one.
func endsAttribution(line string) bool {
	line, ok := strings.CutSuffix(line, ":")
	line = strings.TrimRight(line, " ")
	return ok && (strings.HasSuffix(line, "a écrit") || strings.HasSuffix(line, "wrote") ||
		strings.HasSuffix(line, "schrieb") || strings.HasSuffix(line, "escribió"))
}

// attributionAt returns how many lines from i on form an attribution, 0 when
// none does; sure says that it cannot be the author's own sentence.
func attributionAt(lines []string, i int) (n int, sure bool) {
	if !beginsAttribution(plain(lines[i])) {
		return 0, false
	}
	joined := ""
	for n := 1; n <= 4 && i+n <= len(lines); n++ {
		line := plain(lines[i+n-1])
		if line == "" || isQuoted(line) {
			return 0, false
		}
		joined += " " + line
		if len(joined) > 400 {
			return 0, false
		}
		if endsAttribution(joined) && strings.ContainsAny(joined, "0123456789") {
			return n, attributionSure.MatchString(joined)
		}
	}
	return 0, false
}

// dropOriginal cuts the text where the message that is answered begins, when it
// is there whole and not marked as a quote line by line.
func dropOriginal(lines []string) []string {
	for i := range lines {
		if isQuoted(lines[i]) {
			continue
		}
		if originalAt(lines, i) {
			return trimRule(lines[:i])
		}
		if n, sure := attributionAt(lines, i); n > 0 && sure {
			next := i + n
			for next < len(lines) && isBlank(lines[next]) {
				next++
			}
			if next < len(lines) && !isQuoted(lines[next]) {
				return trimRule(lines[:i])
			}
		}
	}
	return lines
}

// trimRule leaves out the rule that Outlook draws above an original.
func trimRule(lines []string) []string {
	for len(lines) > 0 {
		last := plain(lines[len(lines)-1])
		if last != "" && strings.Trim(last, "_-") != "" {
			break
		}
		lines = lines[:len(lines)-1]
	}
	return lines
}

// dropQuotes leaves out the quote at the end, and the one at the beginning when
// it is the only other one, each with its attribution. A quote between the
// author's own lines is what they answer to: it stays.
func dropQuotes(lines []string) []string {
	runs := quoteRuns(lines)
	if len(runs) == 0 {
		return lines
	}
	if last := runs[len(runs)-1]; allBlank(lines[last.end:]) || signed(lines[last.end:]) {
		tail := lines[last.end:]
		lines = append(append([]string(nil), lines[:last.start]...), tail...)
		runs = runs[:len(runs)-1]
	}
	if len(runs) == 1 && allBlank(lines[:runs[0].start]) {
		lines = lines[runs[0].end:]
	}
	return lines
}

// run is a stretch of lines, attribution included.
type run struct{ start, end int }

// quoteRuns finds the stretches of quoted lines. Empty lines within one belong
// to it.
func quoteRuns(lines []string) []run {
	var runs []run
	for i := 0; i < len(lines); i++ {
		start := i
		if n, _ := attributionAt(lines, i); n > 0 {
			i += n
			for i < len(lines) && isBlank(lines[i]) {
				i++
			}
			if i == len(lines) { // an attribution with nothing below: the quote was left out
				return append(runs, run{start, i})
			}
		}
		if i >= len(lines) || !isQuoted(lines[i]) {
			i = start
			continue
		}
		if start == i {
			start = attributionAbove(lines, i)
		}
		end := i + 1
		for j := i + 1; j < len(lines) && (isQuoted(lines[j]) || isBlank(lines[j])); j++ {
			if isQuoted(lines[j]) {
				end = j + 1
			}
		}
		runs = append(runs, run{start, end})
		i = end - 1
	}
	return runs
}

// attributionAbove returns where the quote that begins at line i begins with the
// attribution above it, when that names an address and no date: "Assistance
// <no-reply@creteil.example> a écrit :"; i when there is none.
func attributionAbove(lines []string, i int) int {
	at := i - 1
	for at >= 0 && isBlank(lines[at]) {
		at--
	}
	if at < 0 || isQuoted(lines[at]) || !strings.Contains(lines[at], "@") || !endsAttribution(plain(lines[at])) {
		return i
	}
	return at
}

func allBlank(lines []string) bool {
	for _, l := range lines {
		if !isBlank(l) {
			return false
		}
	}
	return true
}

// maxSignature is how many lines a signature may have; a longer one may be a text.
const maxSignature = 12

// signatureAt returns where the signature of lines begins, len(lines) when it
// has none: the delimiter of RFC 3676, section 4.3, also if it lost its space
// (but then only once: else it is the author's own rule), or the line a
// telephone adds.
func signatureAt(lines []string) int {
	bare := 0
	for _, l := range lines {
		if l == "--" {
			bare++
		}
	}
	for i := len(lines) - 1; i >= 0 && len(lines)-i <= maxSignature+1; i-- {
		if lines[i] == "-- " || lines[i] == "--" && bare == 1 {
			return i
		}
	}
	end := len(lines)
	for end > 0 && isBlank(lines[end-1]) {
		end--
	}
	if end > 0 && phonePattern.MatchString(plain(lines[end-1])) {
		return end - 1
	}
	return len(lines)
}

// phonePattern is the advertisement that telephones and their mailers add.
var phonePattern = regexp.MustCompile(`(?i)^(?:envoyé (?:de|depuis|à partir de) (?:mon|ma|l['’]application|outlook|courrier|yahoo|proton).{0,80}|sent from (?:my|mail for|outlook|yahoo|proton).{0,80}|(?:télécharger|obtenez|obtenir|get) (?:outlook|bluemail) (?:pour|for) (?:ios|android).{0,120}|provenance : .{0,80})$`)

// signed says whether the lines are nothing but a signature.
func signed(lines []string) bool {
	at := signatureAt(lines)
	return at < len(lines) && allBlank(lines[:at])
}

// dropSignature leaves out the signature, and what a telephone added above it or
// below.
func dropSignature(lines []string) []string {
	for range 3 {
		lines = lines[:signatureAt(lines)]
	}
	return lines
}

// onlyOld says whether nothing in the lines can be the author's: all is quoted,
// attribution or signature.
func onlyOld(lines []string) bool {
	lines = dropSignature(lines)
	for i := 0; i < len(lines); i++ {
		if n, _ := attributionAt(lines, i); n > 0 {
			i += n - 1
			continue
		}
		if !isBlank(lines[i]) && !isQuoted(lines[i]) {
			return false
		}
	}
	return true
}
