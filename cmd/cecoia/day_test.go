package main

import (
	"fmt"
	"strings"
	"testing"
)

// press clicks a button of the ticket's card, until it is answered: where a card was
// posted is recorded a moment after, and its buttons are refused before.
func (b *browser) press(number, action string) {
	b.t.Helper()
	b.insist(action+" on the card of "+number, clicked, func() {
		b.t.Helper()
		eventually(b.t, action+" on the card of "+number, func() (bool, string) {
			return eval[bool](b, fmt.Sprintf(`(() => {
				const button = [...document.querySelectorAll("#posts .post.bot:not(.ephemeral)")].find(e => e.innerText.includes(%q))?.querySelector('[data-action=%q]:not([disabled])');
				button?.click();
				return !!button;
			})()`, number, action)), b.text("#posts")
		})
	})
}

// clicked says whether a click was not refused as one on a button that is none.
func clicked(said string) bool { return !strings.Contains(said, "n’est plus valable") }

// pressFor clicks a button that opens a dialog.
func (b *browser) pressFor(number, action string) {
	b.t.Helper()
	b.asks(func() { b.t.Helper(); b.press(number, action) })
}

// asks does what opens a dialog, again when that took longer than the chat waits for
// one: then there are words instead.
func (b *browser) asks(do func()) {
	b.t.Helper()
	b.insist("a dialog", func(said string) bool { return said == "" }, do)
}

// insist does something until it is answered, to its author alone, in words that
// will do, or by a dialog, which has none.
func (b *browser) insist(what string, will func(said string) bool, do func()) {
	b.t.Helper()
	const answers = `document.querySelectorAll(".post.ephemeral").length`
	for range 10 {
		before := eval[int](b, answers)
		do()
		var said string
		eventually(b.t, "an answer to "+what, func() (bool, string) {
			if eval[bool](b, `document.querySelector("#dialog").open`) {
				said = ""
				return true, ""
			}
			if eval[int](b, answers) <= before {
				return false, b.text("#posts")
			}
			said = eval[string](b, `[...document.querySelectorAll(".post.ephemeral")].at(-1).innerText`)
			return said != "", said
		})
		if will(said) {
			return
		}
		b.t.Logf("%s: %s", what, said)
	}
	b.t.Fatalf("%s is refused again and again", what)
}

// fillIn writes into the open dialog and sends it; again when the answer takes longer
// than the chat waits.
func (b *browser) fillIn(values ...string) {
	b.t.Helper()
	b.write(values...)
	b.send()
}

func (b *browser) send() {
	b.t.Helper()
	for said := "bien enregistré"; tooLate(said); {
		b.click("#dialog-submit")
		eventually(b.t, "the dialog is answered", func() (bool, string) {
			const waiting = "…"
			said = eval[string](b, `!document.querySelector("#dialog").open ? "" :
				document.querySelector("#dialog-submit").disabled ? "`+waiting+`" : document.querySelector("#dialog-error").innerText`)
			return said != waiting, said
		})
	}
}

// write writes into the open dialog: the name of a field, then what it is to
// hold, and so on. A choice is made by words of its option.
func (b *browser) write(values ...string) {
	b.t.Helper()
	b.do("waiting for the dialog", waitFor("#dialog[open] #dialog-submit"))
	for i := 0; i+1 < len(values); i += 2 {
		field := fmt.Sprintf("#dialog [name=%q]", values[i])
		switch eval[string](b, fmt.Sprintf(`document.querySelector(%q).type`, field)) {
		case "checkbox":
			b.click(field)
		case "select-one":
			eval[any](b, fmt.Sprintf(`(() => { const s = document.querySelector(%q); s.value = [...s.options].find(o => o.text.includes(%q))?.value ?? "none" })()`, field, values[i+1]))
		default:
			b.fill(field, values[i+1])
		}
	}
}

// closed waits until the dialog was taken.
func (b *browser) closed() {
	b.t.Helper()
	eventually(b.t, "the dialog is taken", func() (bool, string) {
		return eval[bool](b, `!document.querySelector("#dialog").open`), b.text("#dialog")
	})
}

// A whole day of an agent, by buttons and dialogs alone: nothing is typed but
// one command, for a caller on the telephone.
func TestADayByButtonsAndDialogs(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	d.start()
	person := portalAs(t, d, "demandeur@creteil.example")
	number := person.sendIncident(d, "L’écran du bureau 12 reste noir")
	agent := chatAs(t, d, "agent.creteil", "creteil/assistance")
	agent.seeCard(number, "Nouveau", "Ouvrir sur le portail")

	agent.press(number, "prendre")
	agent.seeCard(number, "En cours", "Alix Démonstration")
	agent.press(number, "voir")
	agent.see("#posts .ephemeral", "reste noir", "Dominique Exemple")

	// A question, at first without words.
	agent.pressFor(number, "demander")
	agent.fillIn()
	agent.see(`#dialog [data-error-for="text"]`, "obligatoire")
	agent.fillIn("text", "Le voyant est-il allumé ?")
	agent.closed()
	agent.seeCard(number, "En attente de précisions")
	mailbox := openBrowser(t)
	mailbox.openMail(d, "demandeur@creteil.example", "précisions")
	mailbox.see("body", "Le voyant est-il allumé")

	// A dialog that was put away changes nothing.
	agent.pressFor(number, "resoudre")
	agent.do("waiting for the dialog", waitFor("#dialog[open] #dialog-cancel"))
	agent.click("#dialog-cancel")
	agent.closed()
	agent.seeCard(number, "En attente de précisions")

	agent.pressFor(number, "resoudre")
	agent.write("text", "Le câble était débranché.", "cause", "Câble", "article", "yes")
	agent.picture("dialog")
	agent.send()
	agent.closed()
	agent.seeCard(number, "À valider")
	if buttons := eval[string](agent, `[...document.querySelectorAll("#posts .post.bot [data-action]")].map(e => e.dataset.action).join(" ")`); buttons != "voir" {
		t.Errorf("a resolved ticket's card offers %s", buttons)
	}

	// Somebody calls.
	agent.asks(func() { agent.say("/ticket nouveau") })
	agent.fillIn("beneficiary", "Personne Inventée", "theme", "Accès Internet", "urgency", "Haute", "description", "Plus d’accès en salle 3.")
	agent.see(`#dialog [data-error-for="beneficiary"]`, "Personne de ce nom dans l’annuaire")
	agent.fillIn("beneficiary", "demandeur@creteil.example")
	agent.closed()
	agent.see("#posts .ephemeral", "est ouvert pour Dominique Exemple")
	second := eval[string](agent, `[...document.querySelectorAll("#posts .ephemeral")].at(-1).innerText.match(/I\d{6}_\d+/)?.[0] ?? ""`)
	agent.seeCard(second, "Nouveau", "Accès Internet", "2 - Haute")

	// It is for the specialists, who find it and where it comes from.
	agent.pressFor(second, "affecter")
	agent.fillIn("assignee", "Réseaux, toute l’équipe", "text", "Le commutateur ne répond pas.")
	agent.closed()
	agent.seeCard(second, "transmis à l’équipe Réseaux", "sa carte maintenant")
	specialist := chatAs(t, d, "reseau.creteil", "creteil/reseaux")
	specialist.seeCard(second, "Nouveau", "sa carte chez Assistance")
	specialist.press(second, "prendre")
	specialist.seeCard(second, "En cours")
	specialist.picture("specialists")

	// A colleague names them in a note: their one message about the ticket says
	// what, how the ticket stands, and why it came.
	agent.answered("/ticket note "+second+" : @reseau, c’est pour aujourd’hui", "Prévenu par message direct")
	specialist.openChat(d, "reseau.creteil", "@"+demoBot)
	specialist.seeCard(second, "vous cite dans une note", "c’est pour aujourd’hui", "En cours")
	specialist.press(second, "pourquoi")
	specialist.see("#posts .ephemeral", "car une note vous cite", "La demande est à vous depuis le", "/ticket notif")
	specialist.picture("direct")
}
