package main

import (
	"fmt"
	"strings"
	"testing"
)

// pressAlert clicks a button of the alert's card, the latest post that has its
// number.
func (b *browser) pressAlert(number, action string) {
	b.t.Helper()
	b.insist(action+" on the card of "+number, clicked, func() {
		b.t.Helper()
		eventually(b.t, action+" on the card of "+number, func() (bool, string) {
			return eval[bool](b, fmt.Sprintf(`(() => {
				const button = [...document.querySelectorAll("#posts .post.bot:not(.ephemeral)")].filter(e => (e.innerText.match(/alerte A\d+/g) ?? []).includes(%q)).at(-1)?.querySelector('[data-action=%q]:not([disabled])');
				button?.click();
				return !!button;
			})()`, number, action)), b.text("#posts")
		})
	})
}

// seeAlert waits until the alert's latest post holds the words.
func (b *browser) seeAlert(number string, words ...string) {
	b.t.Helper()
	eventually(b.t, "alert "+number, func() (bool, string) {
		text := eval[string](b, fmt.Sprintf(`[...document.querySelectorAll("#posts .post.bot:not(.ephemeral)")].map(e => e.innerText).filter(t => (t.match(/alerte A\d+/g) ?? []).includes(%q)).at(-1) ?? ""`, number))
		for _, w := range words {
			if !strings.Contains(text, w) {
				return false, text
			}
		}
		return true, text
	})
}

// alertAbout waits for an alert's post that holds the words, and returns its number.
// It need not be the first: what takes a second takes minutes of a fast clock, and
// then the sending itself was late.
func (b *browser) alertAbout(words string) (number string) {
	b.t.Helper()
	eventually(b.t, "an alert about "+words, func() (bool, string) {
		number = eval[string](b, fmt.Sprintf(`[...document.querySelectorAll("#posts .post.bot:not(.ephemeral)")].map(e => e.innerText).filter(t => t.includes(%q)).at(-1)?.match(/alerte A\d+/)?.[0] ?? ""`, words))
		return number != "", b.text("#posts")
	})
	return number
}

// A supervisor watches an alert on the chat's page, with a clock that goes
// faster: it is born, seen, put off, comes back, is escalated to whoever is on
// duty, and is over when an agent takes the ticket.
func TestAnAlertsLifeInTheDemo(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	d.env = append(d.env, "CECOIA_DEMO_SPEED=120")
	d.start()
	agent := chatAs(t, d, "agent.creteil", "creteil/assistance")
	agent.say("/ticket nouveau Plus rien ne s’affiche dans toute l’école")
	agent.seeCard("_001", "Nouveau")
	agent.answered("/ticket urgence critique 1", "1 - Critique")

	chief := chatAs(t, d, "superviseur.creteil", "creteil/supervision")
	number := chief.alertAbout("Urgent non affecté")
	chief.seeAlert(number, "Urgent", "non affecté", "_001", "en attente de quelqu’un")
	chief.pressAlert(number, "ack")
	chief.seeAlert(number, "vue par Lou Gabarit")
	chief.pressAlert(number, "differer30")
	chief.seeAlert(number, "différée par Lou Gabarit")
	chief.seeAlert(number, "en attente de quelqu’un") // half an hour later
	chief.pressAlert(number, "escalader")
	chief.channel("@cecoia")
	chief.seeAlert(number, "Urgent", "_001") // a direct message to who is on duty

	agent.answered("/ticket prendre 1", "est à vous")
	chief.channel("creteil/supervision")
	chief.seeAlert(number, "terminée")
}
