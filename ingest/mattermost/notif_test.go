package mattermost

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"cecoia.example/tickets"
)

// compact writes what is chosen on one line.
func compact(d tickets.DirectMessages) string {
	var parts []string
	for _, kind := range tickets.DirectTemplates() {
		if p := d.Pace(kind); p != tickets.PaceNow {
			parts = append(parts, fmt.Sprintf("%s=%s", kind, p))
		}
	}
	if d.Quiet != (tickets.Quiet{}) {
		parts = append(parts, fmt.Sprintf("quiet=%s-%s", d.Quiet.From, d.Quiet.To))
	}
	if len(d.Digest) > 0 {
		parts = append(parts, "at="+strings.ReplaceAll(d.DigestTimes(), ", ", "+"))
	}
	return strings.Join(parts, " ")
}

func TestWhatNotifUnderstands(t *testing.T) {
	started := tickets.DirectMessages{
		Paces: map[tickets.Template]tickets.Pace{tickets.TemplateRefused: tickets.PaceNever},
		Quiet: tickets.Quiet{From: 60, To: 120}, Digest: []tickets.Minute{600},
	}
	const kept = "refused=never quiet=01:00-02:00 at=10:00"
	for typed, want := range map[string]string{
		"affectation récapitulatif":         "assigned=digest " + kept,
		"AFFECTATIONS : Recapitulatif":      "assigned=digest " + kept,
		"assignment digest":                 "assigned=digest " + kept,
		"jamais de mention":                 "refused=never mentioned=never quiet=01:00-02:00 at=10:00",
		"mentions never":                    "refused=never mentioned=never quiet=01:00-02:00 at=10:00",
		"compléments et réouvertures recap": "complement=digest refused=never reopened=digest quiet=01:00-02:00 at=10:00",
		"récapitulatif affectation":         "assigned=digest " + kept,
		"refus direct":                      "quiet=01:00-02:00 at=10:00",
		"tout direct":                       "quiet=01:00-02:00 at=10:00",
		"all never":                         "assigned=never complement=never refused=never reopened=never mentioned=never quiet=01:00-02:00 at=10:00",
		"calme 18:00-08:00":                 "refused=never quiet=18:00-08:00 at=10:00",
		"calme 18h-8h":                      "refused=never quiet=18:00-08:00 at=10:00",
		"calme de 18h30 à 8h":               "refused=never quiet=18:30-08:00 at=10:00",
		"heures calmes 18:00 – 8:00":        "refused=never quiet=18:00-08:00 at=10:00",
		"quiet from 22:00 to 6:30":          "refused=never quiet=22:00-06:30 at=10:00",
		"calme 18h-24h":                     "refused=never quiet=18:00-00:00 at=10:00",
		"calme non":                         "refused=never at=10:00",
		"quiet hours off":                   "refused=never at=10:00",
		"récapitulatif 9:00 14:00":          "refused=never quiet=01:00-02:00 at=09:00+14:00",
		"récapitulatifs à 8h, 12h15 et 16h": "refused=never quiet=01:00-02:00 at=08:00+12:15+16:00",
		"digest 9 14":                       "refused=never quiet=01:00-02:00 at=09:00+14:00",
		"défaut":                            "",
		"par défaut":                        "",
		"default":                           "",
		"affectation":                       "?",
		"direct":                            "?",
		"affectation direct jamais":         "?",
		"affectation bientôt":               "?",
		"bulletins jamais":                  "?",
		"calme":                             "?",
		"calme 18h":                         "?",
		"calme 8h-8h":                       "?",
		"calme 18h-25h":                     "?",
		"calme 18h-8h60":                    "?",
		"calme toujours":                    "?",
		"récapitulatif":                     "?",
		"récapitulatif midi":                "?",
		"récapitulatif 9:00 affectation":    "?",
		"défaut affectation":                "?",
	} {
		d := started
		d.Paces = maps.Clone(started.Paces)
		got := "?"
		if next, ok := tuned(d, notifWords(typed)); ok {
			got = compact(next)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", typed, got, want)
		}
		if compact(d) != kept {
			t.Errorf("%q changes what was there: %s", typed, compact(d))
		}
	}
}

func TestNotif(t *testing.T) {
	w := newWorld(t)
	said := w.say("creteil", "agent", "notif")
	wants(t, "alone", said, "| `affectation` : une demande vous est confiée | direct |", "| `mention` : une note vous cite | direct |",
		"Heures calmes : aucune.", "Récapitulatif : 09:00, 14:00.", "/ticket notif affectation récapitulatif")
	wants(t, "a change", w.say("creteil", "agent", "notifications mention jamais"), "C’est noté.", "| `mention` : une note vous cite | jamais |")
	wants(t, "another", w.say("creteil", "agent", "notif calme 18h-8h"), "de 18:00 à 08:00", "| `mention` : une note vous cite | jamais |")
	wants(t, "again", w.say("creteil", "agent", "notif calme 18h-8h"), "C’est noté.", "de 18:00 à 08:00")
	wants(t, "in English", w.say("creteil", "edith", "notify all digest"), "Done.", "| `assignment`: a ticket is assigned to you | digest |", "Quiet hours: none.")
	wants(t, "too many", w.say("creteil", "agent", "notif récapitulatif 1 2 3 4 5 6 7"), "6 récapitulatifs par jour au plus", "Usage")
	wants(t, "wrong use", w.say("creteil", "agent", "notif bulletins jamais"), "Usage : `/ticket notif ", "Exemple : `/ticket notif ")
	for _, typed := range []string{"notif calme 25:00-08:00", "notif calme 18h", "notif récapitulatif 9:75"} {
		wants(t, typed, w.say("creteil", "agent", typed), "Rien n’est changé", "`/ticket notif calme 18:00-08:00`")
	}
	if now := w.say("creteil", "agent", "notif"); strings.Contains(now, "C’est noté") || !strings.Contains(now, "09:00, 14:00") {
		t.Errorf("after what was refused:\n%s", now)
	}
	wants(t, "as at first", w.say("creteil", "agent", "notif défaut"), "| `mention` : une note vous cite | direct |", "aucune")
	wants(t, "everybody has their own", w.say("creteil", "edith", "notif"), "| digest |")
	wants(t, "another academy's", w.say("paris", "edith", "notif"), "| direct |")
}

// What is held for somebody comes when they want it after all.
func TestWhatIsHeldIsFreedByNotif(t *testing.T) {
	w := newWorld(t)
	w.open("creteil", tickets.Card{})
	w.say("creteil", "edith", "notify all digest")
	w.say("creteil", "agent", "affecter 1 @edith")
	later := w.tick().Add(5 * time.Hour)
	tag, err := w.db.Pool().Exec(t.Context(), `UPDATE deliveries SET due = $1, held = true WHERE template = 'assigned'`, later)
	if err != nil || tag.RowsAffected() != 1 {
		t.Fatal(tag, err)
	}
	w.say("creteil", "edith", "notify all direct")
	var due time.Time
	if err := w.db.Pool().QueryRow(t.Context(), `SELECT due FROM deliveries WHERE template = 'assigned'`).Scan(&due); err != nil {
		t.Fatal(err)
	}
	if due.After(w.tick()) {
		t.Errorf("due at %s", due)
	}
}
