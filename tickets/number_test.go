package tickets

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseRefReadsWhatPeopleType(t *testing.T) {
	full := Ref{Kind: Incident, Day: "261121", Rank: 7}
	for in, want := range map[string]Ref{
		"7": {Rank: 7}, "007": {Rank: 7}, "#7": {Rank: 7}, " 12 ": {Rank: 12},
		"I261121_7": full, "i261121_007": full, "1261121_007": full, "I261121-007": full,
		"s261121_1234": {Kind: Service, Day: "261121", Rank: 1234},
	} {
		got, err := ParseRef(in)
		if err != nil || got != want {
			t.Errorf("ParseRef(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "0", "abc", "I261321_007", "I261132_007", "X261121_007", "I261121_", "I261121_000", "99999999", "7 8"} {
		if got, err := ParseRef(in); CodeOf(err) != Invalid {
			t.Errorf("ParseRef(%q) = %v, %v; want a refusal", in, got, err)
		}
	}
}

func TestEachNumberIsReadBackAsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := Number{
			Kind: rapid.SampledFrom([]Kind{Incident, Service}).Draw(t, "kind"),
			Day:  DayOf(time.Unix(rapid.Int64Range(1e9, 4e9).Draw(t, "at"), 0), time.UTC),
			Rank: rapid.IntRange(1, 999_999).Draw(t, "rank"),
		}
		got, err := ParseRef(n.String())
		if err != nil || got != n.Ref() {
			t.Fatalf("%v is read back as %v, %v", n, got, err)
		}
	})
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"7", "I261121_007", "1261121_007", "#0", "２", "I261121_٣"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ref, err := ParseRef(s)
		if err == nil && ref.Rank < 1 {
			t.Errorf("%q gives rank %d", s, ref.Rank)
		}
	})
}

func TestDayIsTheAcademysOwn(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	late := time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC)
	if got := DayOf(late, paris); got != "261122" {
		t.Errorf("half past midnight in Paris is day %s", got)
	}
}

func TestUAIControlLetter(t *testing.T) {
	for s, want := range map[string]bool{
		"0000000A": true, "0000022Z": true, "0000023A": true, "0000001A": false, "0000001b": false, "": false, "000001B": false, "00000O1B": false,
	} {
		if got := ValidUAI(s); got != want {
			t.Errorf("ValidUAI(%q) = %v", s, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 9_999_999).Draw(t, "number")
		digits := []byte("0000000")
		for i, rest := 6, n; i >= 0; i, rest = i-1, rest/10 {
			digits[i] = byte('0' + rest%10)
		}
		fits := 0
		for _, letter := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ" {
			if ValidUAI(string(digits) + string(letter)) {
				fits++
			}
		}
		if fits != 1 {
			t.Fatalf("%s has %d control letters", digits, fits)
		}
	})
}
