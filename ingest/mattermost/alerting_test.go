package mattermost

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

// alarm opens a critical ticket that nobody takes, and lets the clock alert to it.
func (w *world) alarm(t *testing.T) oncall.Card {
	t.Helper()
	w.later(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).Sub(noon)) // a Monday
	by := tickets.Caller{Person: person("creteil", "requester"), Origin: tickets.FromPortal}
	card := tickets.Card{Summary: "Panne", Description: "Tout est arrêté.", Urgency: tickets.Critical, Theme: "mail"}
	if _, err := w.desk.Open(t.Context(), by, tickets.Incident, card); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.later(3 * time.Minute)
		if _, err := w.room.Tick(t.Context(), "creteil"); err != nil {
			t.Fatal(err)
		}
	}
	board, err := w.room.Board(t.Context(), tickets.Caller{Person: person("creteil", "supervisor")})
	if err != nil || len(board.Alerts) != 1 {
		t.Fatalf("alerts %+v, %v", board.Alerts, err)
	}
	return board.Alerts[0]
}

// The verbs of supervision act on an alert by its number, or on the only one.
func TestSupervisorsActOnAlerts(t *testing.T) {
	w := newWorld(t)
	alert := w.alarm(t)
	for _, c := range []struct{ text, want string }{
		{"alertes", "**A1** · Urgent · Urgent non affecté · Messagerie · une demande"},
		{"alertes A1", "affectez-la maintenant"},
		{"ack A1", "vue par Sacha Gabarit"},
		{"ack", "A1 est vue"},
		{"différer A1 2 h", "différée par Sacha Gabarit"},
		{"snooze 1 30 min", "différée par"},
		{"différer 45 min", "différée par"},
		{"différer 30 jours", "de 5 minutes à 24 heures"},
		{"différer A1 bientôt", "Usage"},
		{"escalader 1", "A1 est transmise"},
		{"ack A7", "pas d’alerte A7"},
		{"ack A1234567", "Usage"},
		{"escalader demain", "Usage"},
		{"silence", "Aucun silence"},
		{"silence urgent non affecté messagerie 2 h panne annoncée", "Urgent non affecté · Messagerie"},
		{"silence", "« panne annoncée »"},
		{"silence pluie 2 h x", "ni une règle ni un thème"},
		{"silence 2 h travaux", "quelle règle ou quel thème"},
		{"silence fin 1", "levé"},
		{"silence fin 1", "pas de silence 1"},
		{"silence non pris 2 h", "a une raison"},
		{"garde passer @agent 2 h", "De garde : Alix Modèle. Suppléance : personne. Jusqu’au 23/11/2026 à"},
		{"garde prendre", "De garde : Sacha Gabarit"},
		{"garde passer Alix Modèle 3 jours", "De garde : Alix Modèle. Suppléance : personne. Jusqu’au 26/11/2026 à"},
		{"garde prendre 1 h", "De garde : Sacha Gabarit"},
		{"garde passer demain", "ni un membre"},
	} {
		got := strings.ReplaceAll(strings.ReplaceAll(w.say("creteil", "supervisor", c.text), "\u00a0", " "), "\u202f", " ")
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %s\nwant %s", c.text, got, c.want)
		}
	}
	if alert.Rule != tickets.AlertUnassigned {
		t.Errorf("alert %+v", alert)
	}
}

// Who is on duty answers for alerts too, while they are.
func TestWhoeverIsOnDutyAnswersForAlerts(t *testing.T) {
	w := newWorld(t)
	w.alarm(t)
	if got := w.say("creteil", "agent", "ack A1"); !strings.Contains(got, saysSupervisor) {
		t.Errorf("an agent: %s", got)
	}
	w.say("creteil", "supervisor", "garde passer @agent 1 h")
	if got := w.say("creteil", "agent", "ack A1"); !strings.Contains(got, "vue par Alix Modèle") {
		t.Errorf("on duty: %s", got)
	}
	w.later(2 * time.Hour)
	if got := w.say("creteil", "agent", "ack A1"); !strings.Contains(got, saysSupervisor) {
		t.Errorf("no longer on duty: %s", got)
	}
}

// A storm becomes a major incident by a word, or a button; what agents find later
// is joined to it, and taken off it again.
func TestAStormIsMadeAMajorIncident(t *testing.T) {
	w := newWorld(t)
	w.later(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).Sub(noon)) // a Monday
	card := tickets.Card{Summary: "Messagerie", Description: "Rien n’arrive.", Urgency: tickets.High, Theme: "mail", Entity: "0941234F"}
	for range 5 {
		w.open("creteil", card)
	}
	for range 2 {
		w.later(time.Minute)
		if _, err := w.room.Tick(t.Context(), "creteil"); err != nil {
			t.Fatal(err)
		}
	}
	other := w.open("creteil", tickets.Card{})
	wants(t, "no storm", w.say("creteil", "agent", "majeur"), saysSupervisor)
	said := w.say("creteil", "supervisor", "majeur")
	wants(t, "majeur", said, "L’incident majeur [I261123_", "Afflux de demandes semblables")
	if again := w.say("creteil", "supervisor", "major A1"); strings.Split(again, "](")[0] != strings.Split(said, "](")[0] {
		t.Errorf("twice:\n%s\n%s", said, again)
	}
	if n, err := w.desk.FollowMajors(t.Context(), "creteil"); err != nil || n != 5 {
		t.Fatalf("%d joined, %v", n, err)
	}
	majors, err := w.desk.Majors(t.Context(), tickets.Caller{Person: person("creteil", "agent")})
	if err != nil || len(majors) != 1 || majors[0].Requester != person("creteil", "supervisor").ID {
		t.Fatalf("%+v, %v", majors, err)
	}
	major := majors[0].Number.String()
	wants(t, "to all", w.say("creteil", "agent", "répondre "+major+" On y travaille."), "demandes rattachées le reçoivent aussi")
	wants(t, "of one", w.say("creteil", "agent", "demander "+major+" Depuis quand ?"), "attend la réponse")
	number := other.Number.String()
	wants(t, "join", w.say("creteil", "agent", "rattacher "+number+" à "+major), number+" est rattaché à l’incident majeur "+major)
	if w.view(other).Parent != majors[0].ID {
		t.Error("it is not joined")
	}
	wants(t, "leave", w.say("creteil", "agent", "join undo "+number), number+" n’est plus rattaché")
	wants(t, "leave twice", w.say("creteil", "agent", "rattacher annuler "+number), "n’est rattaché à aucun incident majeur")
	if w.view(other).Parent != uuid.Nil {
		t.Error("it is still joined")
	}
}
