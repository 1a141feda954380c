package mattermost

import (
	"testing"
	"time"
)

func TestWhoCanBeReachedNow(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	// A week of November 2026: Monday is the 23rd.
	at := func(day time.Weekday, hour, minute int) time.Time {
		return time.Date(2026, 11, 22+int(day+7)%7, hour, minute, 0, 0, paris)
	}
	const yes, no = true, false
	for _, c := range []struct {
		text string
		at   time.Time
		want bool
	}{
		{"le matin", at(time.Monday, 9, 0), yes},
		{"Le matin", at(time.Monday, 12, 0), no},
		{"l’après-midi", at(time.Monday, 14, 0), yes},
		{"Après midi uniquement", at(time.Monday, 9, 0), no},
		{"Lundi et mardi", at(time.Tuesday, 10, 0), yes},
		{"Lundi et mardi", at(time.Wednesday, 10, 0), no},
		{"Lundi et mardi", at(time.Tuesday, 20, 0), no},
		{"du lundi au vendredi", at(time.Thursday, 16, 59), yes},
		{"lundi-vendredi", at(time.Saturday, 10, 0), no},
		{"vendredi à lundi", at(time.Sunday, 10, 0), yes},
		{"lun. mar. jeu. 9h-12h", at(time.Thursday, 11, 59), yes},
		{"9h30 à 11h", at(time.Monday, 9, 29), no},
		{"9h30 à 11h", at(time.Monday, 9, 30), yes},
		{"de 9 h à 12 h et de 14 h à 16 h 30", at(time.Monday, 16, 29), yes},
		{"de 9 h à 12 h et de 14 h à 16 h 30", at(time.Monday, 13, 0), no},
		{"09:00-12:00", at(time.Monday, 11, 0), yes},
		{"9-12h", at(time.Monday, 11, 0), yes},
		{"entre 8h et 10h", at(time.Monday, 10, 0), no},
		{"entre midi et deux", at(time.Monday, 13, 0), yes},
		{"midi", at(time.Monday, 12, 30), yes},
		{"avant 10h", at(time.Monday, 9, 59), yes},
		{"après 16h", at(time.Monday, 15, 59), no},
		{"à partir de 16h", at(time.Monday, 16, 0), yes},
		{"tous les jours sauf mercredi", at(time.Wednesday, 10, 0), no},
		{"tous les jours sauf mercredi", at(time.Thursday, 10, 0), yes},
		{"sauf mercredi après-midi", at(time.Wednesday, 10, 0), yes},
		{"sauf mercredi après-midi", at(time.Wednesday, 15, 0), no},
		{"pas le matin", at(time.Monday, 9, 0), no},
		{"lundi matin, mardi après-midi", at(time.Tuesday, 9, 0), no},
		{"lundi matin, mardi après-midi", at(time.Tuesday, 15, 0), yes},
		{"le matin lundi, l’après-midi jeudi", at(time.Thursday, 9, 0), no},
		{"le matin lundi, l’après-midi jeudi", at(time.Monday, 9, 0), yes},
		{"Je suis joignable au bureau lundi 8h-9h ; vendredi 13h-14h.", at(time.Friday, 13, 30), yes},
		{"en semaine, en journée", at(time.Friday, 17, 0), yes},
		{"week-end", at(time.Sunday, 10, 0), yes},
		{"24h/24", at(time.Sunday, 3, 0), yes},
		{"7j/7 de 8h à 20h", at(time.Sunday, 19, 0), yes},
		{"LUNDIS ET JEUDIS MATIN", at(time.Thursday, 8, 0), yes},
	} {
		if got, known := reachable(c.text, c.at); !known || got != c.want {
			t.Errorf("%q on %s: %t, understood %t; want %t", c.text, c.at.Format("Mon 15:04"), got, known, c.want)
		}
	}
	for _, text := range []string{
		"", "   ", "oui", "demain", "la semaine prochaine", "en congé jusqu’au 24/11", "sauf", "lundi 24 novembre", "9-12",
		"dès que possible", "18h-9h", "lundi si mon collègue est là", "voir avec le secrétariat", "absent le matin", "25h",
		"une semaine sur deux le lundi",
	} {
		if yes, known := reachable(text, at(time.Monday, 10, 0)); known {
			t.Errorf("%q is understood, as %t", text, yes)
		}
	}
}

// The clock is that of the academy, also when it changes.
func TestReachableIsByTheLocalClock(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for utc, want := range map[string]bool{"2026-10-23T06:30:00Z": true, "2026-10-26T06:30:00Z": false, "2026-10-26T07:30:00Z": true} {
		at, err := time.Parse(time.RFC3339, utc)
		if err != nil {
			t.Fatal(err)
		}
		if yes, known := reachable("8h-9h", at.In(paris)); !known || yes != want {
			t.Errorf("%s: %t, %t", utc, yes, known)
		}
	}
}
