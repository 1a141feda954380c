package tickets

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The longest texts accepted, in characters. What is longer belongs in a document.
const (
	MaxLine = 200    // one-line fields
	MaxText = 10_000 // descriptions, questions, solutions
)

// cleanText checks and normalises what a person wrote: valid UTF-8, no control
// characters but tab and newline, newlines as \n, no outer white space, at most
// limit characters. It returns an [Invalid] error for the field otherwise. What
// turns the direction of the text is left out.
func cleanText(field, s string, limit int) (string, error) {
	if len(s) > 4*limit+1024 { // no need to look at each rune to know
		return "", invalid(field, "text.too_long", limit)
	}
	if !utf8.ValidString(s) {
		return "", invalid(field, "text.not_utf8")
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	s = strings.Map(withoutOverrides, s)
	for _, r := range s {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return "", invalid(field, "text.control")
		}
	}
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > limit {
		return "", invalid(field, "text.too_long", limit)
	}
	return s, nil
}

// withoutOverrides drops what turns the direction of the text around it (Unicode
// UAX #9, section 2): nobody types it, and it makes a name read as another.
func withoutOverrides(r rune) rune {
	if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
		return -1
	}
	return r
}

// cleanLine is cleanText for a field of one line: newlines and tabs become spaces.
func cleanLine(field, s string) (string, error) {
	s, err := cleanText(field, s, MaxLine)
	return strings.Join(strings.Fields(s), " "), err
}

// Clean returns the card with its texts normalised, or [Errors] naming each
// field that is missing, too long, malformed or unknown to the academy. A draft
// may still lack what must be there when it is sent: complete says to insist.
func (c Card) Clean(a Academy, complete bool) (Card, error) {
	var errs Errors
	keep := func(s string, err error) string {
		if err != nil {
			errs = append(errs, err.(*Error)) //nolint:errorlint // ours, just made
		}
		return s
	}
	for _, line := range []struct {
		field string
		value *string
	}{
		{"phone", &c.Phone}, {"other_phone", &c.OtherPhone}, {"availability", &c.Availability},
		{"place", &c.Place}, {"entity", &c.Entity}, {"equipment", &c.Equipment},
		{"equipment_info", &c.EquipmentInfo}, {"summary", &c.Summary},
	} {
		*line.value = keep(cleanLine(line.field, *line.value))
	}
	c.Description = keep(cleanText("description", c.Description, MaxText))
	c.Entity = strings.ToUpper(c.Entity)
	if looksLikeUAI(c.Entity) && !ValidUAI(c.Entity) {
		errs = append(errs, invalid("entity", "entity.uai", c.Entity))
	}
	if c.Urgency == 0 {
		c.Urgency = Low
	}
	if c.Urgency < Critical || c.Urgency > Low {
		errs = append(errs, invalid("urgency", "urgency.unknown"))
	}
	theme, ok := a.Theme(c.Theme)
	if !ok && c.Theme != UnknownTheme {
		errs = append(errs, invalid("theme", "theme.unknown"))
	}
	if _, ok := theme.Subject(c.Subject); !ok && c.Subject != "" {
		errs = append(errs, invalid("subject", "subject.unknown"))
	}
	if _, ok := a.RequestType(c.RequestType); !ok && c.RequestType != "" {
		errs = append(errs, invalid("request_type", "request_type.unknown"))
	}
	if complete && c.Description == "" && len(errs) == 0 {
		errs = append(errs, invalid("description", "description.missing"))
	}
	if len(errs) > 0 {
		return c, errs
	}
	return c, nil
}
