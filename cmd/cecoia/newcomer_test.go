package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// numberIn waits for the answer, to the author alone, to a command that opens a
// ticket, and returns the ticket's number.
func (b *browser) numberIn(command, words string) string {
	b.t.Helper()
	b.answered(command, words)
	return eval[string](b, `[...document.querySelectorAll("#posts .ephemeral")].at(-1).innerText.match(/[IS]\d{6}_\d+/)?.[0] ?? ""`)
}

// channel goes to a channel of the list at the left.
func (b *browser) channel(path string) {
	b.t.Helper()
	b.click(fmt.Sprintf("[data-channel=%q]", path))
	b.do("the channel is open", waitFor(fmt.Sprintf("[data-channel=%q][aria-current]", path)))
	eventually(b.t, "its posts are there", func() (bool, string) { // then one may write
		at := eval[string](b, `document.activeElement.id`)
		return at == "message-box", at
	})
}

// thread opens the thread of a ticket's card.
func (b *browser) thread(number string) {
	b.t.Helper()
	eventually(b.t, "the thread of "+number, func() (bool, string) {
		return eval[bool](b, fmt.Sprintf(`(() => {
			const card = [...document.querySelectorAll("#posts .post.bot:not(.ephemeral)")].find(e => e.innerText.includes(%q));
			card?.querySelector("[data-open-thread]").click();
			return !!card;
		})()`, number)), b.text("#posts")
	})
	b.see("#thread-posts", number)
}

// A newcomer's day at the desk, on the chat's page alone: the first page says
// what to try, and "/ticket aide" the rest.
func TestANewcomersDayWithNothingReadButTheHelp(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	d.start()
	began := time.Now()

	// Somebody writes from a school, on the portal; meanwhile a newcomer sits down.
	person := portalAs(t, d, "demandeur@creteil.example")
	screen := person.sendIncident(d, "L’écran du bureau 12 reste noir")
	me := openBrowser(t)
	me.open(d.url("CECOIA_MATTERMOST_ADDR", "/"))
	me.see(".try", "/ticket aide")
	me.picture("newcomer-1-first-page")
	me.do("following the suggestion", clickOn(`.try a[href*="ticket+aide"]`), waitFor(`body[data-ready="true"]`))
	if draft := me.value("#message-box"); draft != "/ticket aide" {
		t.Fatalf("the suggestion leaves %q to send", draft)
	}
	me.click("#send")
	help := []string{"liste", "prendre", "demander", "répondre", "note", "thème", "urgence", "affecter", "résoudre", "rouvrir", "fusionner", "kb", "nouveau"}
	me.see("#posts .ephemeral", append(help, "Visible par vous seul")...)
	for _, word := range []string{"silence", "escalader"} {
		if strings.Contains(me.text("#posts .ephemeral"), word) {
			t.Errorf("the help offers %q, which is for supervisors", word)
		}
	}
	me.picture("newcomer-2-help")

	// What is there to do? The list is the author's alone, the card is everybody's.
	me.answered("/ticket liste", screen, "1 demande", "libres")
	me.press(screen, "prendre")
	me.seeCard(screen, "En cours", "Alix Démonstration")
	me.answered("/ticket liste miens", screen)
	me.answered("/ticket prend "+screen, "Vouliez-vous dire", "prendre")
	me.answered("/ticket Prendre #"+strings.TrimLeft(screen[8:], "0"), screen, "est à vous")

	// A question by dialog; the answer arrives in the card's thread and as a
	// direct message.
	me.pressFor(screen, "demander")
	me.fillIn("text", "Le voyant est-il allumé ?")
	me.closed()
	me.seeCard(screen, "En attente de précisions")
	person.open(d.url("CECOIA_PORTAL_ADDR", "/demandes/creteil/"+screen+"/mise-a-jour"))
	person.fill("#text", "Le voyant est orange.")
	person.submit(`button[name=do][value=complement]`)
	me.seeCard(screen, "En cours", "réponses")
	me.see(`[data-channel="@cecoia"] .mentions`, "1")
	me.thread(screen)
	me.see("#thread-posts", "Le voyant est orange.")
	me.picture("newcomer-3-thread")
	me.channel("@cecoia")
	me.see("#posts", screen)
	me.picture("newcomer-4-direct")
	me.channel("creteil/assistance")

	// Words to the requester, and words to a colleague, who is told.
	me.answered("/ticket répondre "+screen+" Un écran de rechange arrive demain.", screen, "rechange")
	me.answered("/ticket note "+screen+" @renfort.creteil as-tu un câble de rechange ?", "assistance seulement")
	me.thread(screen)
	me.see("#thread-posts", "as-tu un câble de rechange ?")
	me.click("#thread-close")
	colleague := chatAs(t, d, "renfort.creteil", "@cecoia")
	colleague.see("#posts", screen)

	// It is more urgent, and about something else, than the requester thought.
	me.answered("/ticket urgence "+screen+" haute", "Haute")
	me.answered("/ticket thème "+screen+" poste/ecran", "Écran")
	me.seeCard(screen, "2 - Haute", "Poste de travail")

	// Somebody calls about the network, somebody else about the same screen.
	network := me.numberIn("/ticket nouveau pour secretaire@creteil.example Plus d’accès en salle 3", "Camille Modèle")
	double := me.numberIn("/ticket nouveau pour directeur@creteil.example L’écran du bureau 12 est noir", "Maxence Spécimen")
	me.seeCard(network, "Nouveau")
	me.answered("/ticket affecter "+network+" ~reseaux le commutateur ne répond pas", "Réseaux")
	me.seeCard(network, "transmis à l’équipe Réseaux")
	colleague.channel("creteil/reseaux")
	colleague.seeCard(network, "Nouveau", "sa carte chez Assistance")
	me.answered("/ticket fusionner "+double+" dans "+screen, "doublon")
	me.seeCard(double, "Clôturé")
	me.answered("/ticket kb boîte pleine", "KB")
	me.answered("/ticket liste en retard", "Aucune demande")
	me.answered("/ticket chercher écran", screen, double)

	// A colleague's message in the channel is a ticket by its link, as its tools copy it.
	colleague.channel("creteil/assistance")
	colleague.say("L’imprimante de la salle 5 fume, qui prend ?")
	me.see("#posts", "salle 5 fume")
	eval[any](me, `navigator.clipboard.writeText = async link => { window.copied = link }`)
	eventually(t, "the link is copied", func() (bool, string) { // it is said for two seconds only
		said := eval[string](me, `(() => {
			const said = document.querySelector("#status").innerText;
			if (!said) [...document.querySelectorAll("#posts article")].find(e => e.innerText.includes("salle 5 fume")).querySelector("[data-copy-link]").click();
			return said;
		})()`)
		return strings.Contains(said, "Lien copié"), said
	})
	printer := me.numberIn("/ticket nouveau "+eval[string](me, "window.copied"), "Sacha Échantillon")
	me.seeCard(printer, "Nouveau")
	colleague.see("#posts article.own", "1 réponse")

	// Resolved by dialog, refused and validated by the one who asked, reopened.
	me.pressFor(screen, "resoudre")
	me.fillIn("text", "Écran changé.")
	me.closed()
	me.seeCard(screen, "À valider")
	validation := d.url("CECOIA_PORTAL_ADDR", "/demandes/creteil/"+screen+"/validation")
	person.open(validation)
	person.fill("#text-refuse", "Il est encore noir")
	person.submit(`button[name=do][value=refuse]`)
	me.seeCard(screen, "En cours")
	me.thread(screen)
	me.see("#thread-posts", "Il est encore noir")
	me.click("#thread-close")
	me.answered("/ticket résoudre "+screen+" Câble changé.", "à valider")
	person.open(validation)
	person.submit(`button[name=do][value=validate]`)
	me.seeCard(screen, "Clôturé")
	me.answered("/ticket rouvrir "+screen+" Le requérant rappelle", "rouvert")
	me.seeCard(screen, "En cours", "Alix Démonstration")
	me.answered("/ticket voir "+screen, "L’écran du bureau 12 reste noir", "Un écran de rechange arrive demain.", "Câble changé.")
	me.picture("newcomer-5-evening")

	// The same words without a slash, to the bot alone.
	me.channel("@cecoia")
	me.say("liste miens")
	me.see("#posts", "1 demande (miens)")
	me.picture("newcomer-6-bot")
	t.Logf("the day took %s", time.Since(began).Round(time.Millisecond))
}
