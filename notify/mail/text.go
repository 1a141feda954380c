package mail

import (
	"math"
	"strconv"
	"strings"
)

// text writes the letter as plain text, in the order of the HTML.
func (l letter) text() string {
	var b strings.Builder
	b.Grow(2048)
	line := func(s string) {
		b.WriteString(s)
		b.WriteByte('\n')
	}
	quote := func(words string) {
		for words := range strings.SplitSeq(words, "\n") {
			line(strings.TrimRight("> "+words, " "))
		}
		line("")
	}
	tell := func(t telling) {
		line(t.Lead)
		line("")
		if t.Quote != "" {
			quote(t.Quote)
		}
	}
	follow := func(k link) {
		line(k.Label)
		line(k.URL)
		line("")
	}

	if l.Number != "" {
		b.WriteString(l.Number + " — ")
	}
	line(l.Do)
	if l.About != "" {
		line(l.About)
	}
	line("")
	for _, k := range l.Links {
		follow(k)
	}
	line(l.Greeting)
	line("")
	tell(l.Story)
	if l.Code != "" {
		quote(l.Code)
	}
	for _, s := range l.After {
		line(s)
		line("")
	}
	for _, k := range l.More {
		follow(k)
	}
	if len(l.Earlier) > 0 {
		line(l.EarlierTitle)
		line("")
		for _, t := range l.Earlier {
			b.WriteString(t.When + " — ")
			tell(t)
		}
	}
	if l.Quote != "" {
		line(l.QuoteTitle)
		line("")
		quote(l.Quote)
	}
	line("— — —")
	line(l.NoReply)
	line(l.NoReplyLink)
	line("")
	line(l.Why)
	line(l.Academy)
	return b.String()
}

// defaultAccent is used by academies that name no colour.
const defaultAccent = "#000091"

// accent returns the academy's colour and that of words on it: white or nearly
// black, whichever stands out more (WCAG 2.2, contrast ratio).
func accent(colour string) (background, words string) {
	r, g, b, ok := channels(colour)
	if !ok {
		return defaultAccent, "#ffffff"
	}
	const dark = 0.0082 // the luminance of #161616
	luminance := 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
	if 1.05/(luminance+0.05) >= (luminance+0.05)/(dark+0.05) {
		return colour, "#ffffff"
	}
	return colour, "#161616"
}

func channels(colour string) (r, g, b uint8, ok bool) {
	v, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	return uint8(v >> 16), uint8(v >> 8), uint8(v), err == nil && len(colour) == 7
}

// linear undoes the curve of sRGB.
func linear(c uint8) float64 {
	v := float64(c) / 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}
