package web

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// An academy's accent colour comes from its desk file. The strict policy allows
// no inline style: it is part of the academy's style sheet, see sheet.go.

// The backgrounds that the accent is read against, as cecoia.css has them.
var (
	lightPaper = rgb{0xfa, 0xf8, 0xf4}
	darkPaper  = rgb{0x15, 0x18, 0x1e}
	darkPanel  = rgb{0x1d, 0x22, 0x2a}
	white      = rgb{0xff, 0xff, 0xff}
	black      = rgb{0, 0, 0}
)

// readable is the contrast that WCAG 2.1 asks of text (1.4.3), with a margin
// for tinted backgrounds.
const readable = 5.2

// luminous is more, for the dark theme: there a colour that is merely readable
// looks dull.
const luminous = 7.5

// colourPattern is "#rrggbb" in lower case.
var colourPattern = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// accentSheet is the rules that set the accent to a colour "#rrggbb", none when
// it is none: darkened as far as the
// light theme needs to be read, lightened as far as the dark theme needs.
func accentSheet(colour string) []byte {
	colour = strings.ToLower(colour)
	if !colourPattern.MatchString(colour) {
		return nil
	}
	base := parseRGB(colour[1:])
	light := base.towards(black, func(c rgb) bool { return contrast(c, lightPaper) >= readable })
	dark := base.towards(white, func(c rgb) bool {
		return contrast(c, darkPaper) >= luminous && contrast(c, darkPanel) >= luminous
	})
	return fmt.Appendf(nil, ":root{--accent:%s;--on-accent:#fff}\n"+
		"@media (prefers-color-scheme:dark){:root:not([data-appearance=light]){--accent:%s;--on-accent:#15181e}}\n"+
		":root[data-appearance=dark]{--accent:%s;--on-accent:#15181e}\n", light, dark, dark)
}

type rgb struct{ r, g, b float64 }

func parseRGB(hex string) rgb {
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return rgb{}
	}
	return rgb{float64(n >> 16), float64(n >> 8 & 0xff), float64(n & 0xff)}
}

// String writes the colour as style sheets do.
func (c rgb) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c.r)), int(math.Round(c.g)), int(math.Round(c.b)))
}

// towards returns the first colour on the way to another that is good.
func (c rgb) towards(end rgb, good func(rgb) bool) rgb {
	const steps = 50
	for i := range steps {
		k := float64(i) / steps
		m := rgb{c.r + (end.r-c.r)*k, c.g + (end.g-c.g)*k, c.b + (end.b-c.b)*k}
		if good(m) {
			return m
		}
	}
	return end
}

// luminance is the relative luminance of WCAG 2.1.
func (c rgb) luminance() float64 {
	linear := func(v float64) float64 {
		if v /= 255; v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// contrast is the contrast ratio of WCAG 2.1, from 1 to 21.
func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}
