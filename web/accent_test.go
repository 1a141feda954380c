package web_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"

	"cecoia.example/web"
)

// TestAnyAccentIsReadable checks the promise of the generated style sheets with
// a second reckoning of WCAG's contrast.
func TestAnyAccentIsReadable(t *testing.T) {
	hex := regexp.MustCompile(`--accent:#([0-9a-f]{6})`)
	for _, colour := range []string{"000000", "ffffff", "ffff00", "0000ff", "ff0000", "8a3ffc", "777777", "0b5d5a"} {
		found := hex.FindAllStringSubmatch(string(web.AccentSheetForTest("#"+colour)), -1)
		if len(found) != 3 {
			t.Fatalf("%s: %d accents", colour, len(found))
		}
		for i, background := range []string{"ffffff", "1d222a", "1d222a"} {
			if c := ratio(t, found[i][1], background); c < 4.5 {
				t.Errorf("%s becomes %s: contrast %.2f with %s", colour, found[i][1], c, background)
			}
		}
		if c := ratio(t, found[0][1], "faf8f4"); c < 4.5 {
			t.Errorf("%s becomes %s: contrast %.2f with the paper", colour, found[0][1], c)
		}
	}
}

func ratio(t *testing.T, a, b string) float64 {
	t.Helper()
	luminance := func(hex string) float64 {
		sum := 0.0
		for i, weight := range []float64{.2126, .7152, .0722} {
			n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
			if err != nil {
				t.Fatal(fmt.Errorf("%s: %w", hex, err))
			}
			v := float64(n) / 255
			if v <= .04045 {
				sum += weight * v / 12.92
			} else {
				sum += weight * math.Pow((v+.055)/1.055, 2.4)
			}
		}
		return sum
	}
	x, y := luminance(a), luminance(b)
	return (math.Max(x, y) + .05) / (math.Min(x, y) + .05)
}
