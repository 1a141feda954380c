package web_test

import (
	"time"

	"github.com/chromedp/chromedp"

	"cecoia.example/tickets"
)

// ticketExhibits are a ticket's pages as the people see them whom it is for.
func ticketExhibits(h *hall) []exhibit {
	dominique, camille, alix := person("creteil", "dominique"), person("creteil", "camille"), person("creteil", "alix")
	day := h.day()
	fresh, asked, resolved := day.fresh, day.asked, day.resolved
	news := day.open(dominique, "Clé OTP", "Ma clé OTP n’est plus reconnue depuis la mise à jour de lundi.")
	h.visitor("dominique").get(at(news))
	h.pass(20 * time.Minute)
	h.do(h.t, alix, news, tickets.ActionTake, "")
	h.do(h.t, alix, news, tickets.ActionInform, "Le service des clés est prévenu : une nouvelle clé part par la navette de mardi.")
	private := day.open(camille, "", "Un dossier personnel, à ne montrer qu’à l’équipe qui le traite.")
	h.exec(`UPDATE tickets SET private = true WHERE id = $1`, private.ID)
	late := day.open(dominique, "Serveur", "Le serveur pédagogique du collège ne répond plus.")
	h.exec(`UPDATE tickets SET due_at = opened_at - interval '1 hour' WHERE id = $1`, late.ID)

	refuse := func(do string) func(*chromium) {
		return func(c *chromium) { c.submit("button[value=" + do + "]") }
	}
	return []exhibit{
		{name: "ticket-new", as: "dominique", path: at(fresh)},
		{name: "ticket-progress-news", as: "dominique", path: at(news)},
		{name: "ticket-waiting", as: "dominique", path: at(asked)},
		{name: "ticket-resolved", as: "dominique", path: at(resolved)},
		{name: "ticket-validated", as: "dominique", path: at(day.validated)},
		{name: "ticket-withdrawn", as: "dominique", path: at(day.withdrawn)},
		{name: "ticket-closed-by-desk", as: "dominique", path: at(day.closed)},
		{name: "ticket-duplicate", as: "dominique", path: at(day.merged)},
		{name: "ticket-private", as: "camille", path: at(private)},
		{name: "ticket-overdue", as: "dominique", path: at(late)},
		{name: "update", as: "dominique", path: at(fresh) + "/mise-a-jour"},
		{name: "update-answer", as: "dominique", path: at(asked) + "/mise-a-jour"},
		{name: "update-refused", as: "dominique", path: at(asked) + "/mise-a-jour", then: refuse("complement")},
		{name: "update-draft", as: "dominique", path: at(day.drafted) + "/mise-a-jour"},
		{name: "update-resolved", as: "dominique", path: at(resolved) + "/mise-a-jour"},
		{name: "ticket-draft", as: "dominique", path: at(day.drafted)},
		{name: "validation", as: "dominique", path: at(resolved) + "/validation"},
		{name: "validation-refused", as: "dominique", path: at(resolved) + "/validation", then: refuse("refuse")},
		{name: "withdrawal", as: "dominique", path: at(fresh) + "/cloture"},
		{name: "withdrawal-refused", as: "dominique", path: at(fresh) + "/cloture", then: refuse("withdraw")},
		{name: "reopening", as: "dominique", path: at(day.validated) + "/reouverture"},
		{name: "reopening-refused", as: "dominique", path: at(day.validated) + "/reouverture", then: refuse("reopen")},
	}
}

// deskExhibits are a ticket's pages as the desk sees them.
func deskExhibits(h *hall) []exhibit {
	day := h.day()
	panel := func(do string) func(*chromium) {
		return func(c *chromium) {
			ask[bool](c, `document.querySelector("#do-`+do+`").open = true`)
			c.submit("#do-" + do + " button[value=" + do + "]")
		}
	}
	return []exhibit{
		{name: "desk-new", as: "alix", path: at(day.fresh)},
		{name: "desk-progress", as: "alix", path: at(day.taken)},
		{name: "desk-waiting", as: "alix", path: at(day.asked)},
		{name: "desk-resolved", as: "alix", path: at(day.resolved)},
		{name: "desk-validated", as: "alix", path: at(day.validated)},
		{name: "desk-duplicate", as: "alix", path: at(day.merged)},
		{name: "desk-assign", as: "alix", path: at(day.taken) + "?faire=assign"},
		{name: "desk-requalify", as: "alix", path: at(day.taken) + "?faire=requalify"},
		{name: "desk-assign-refused", as: "alix", path: at(day.taken), then: panel("assign")},
		{name: "desk-resolve-refused", as: "alix", path: at(day.taken), then: panel("resolve")},
		{name: "desk-overtaken", as: "alix", path: at(day.fresh), then: func(c *chromium) {
			ask[bool](c, `document.querySelector("#do-ask").open = true`)
			c.do("words", chromedp.SendKeys("#text-ask", "Depuis quelle adresse ?"))
			h.do(h.t, sacha("creteil"), day.fresh, tickets.ActionResolve, "Mot de passe réinitialisé par téléphone.")
			c.submit("#do-ask button[value=ask]")
		}},
		{name: "desk-merge-ask", as: "alix", path: at(day.taken) + "/regroupement"},
		{name: "desk-merge-refused", as: "alix", path: at(day.taken) + "/regroupement?into=0"},
		{name: "desk-merge", as: "alix", path: at(day.taken) + "/regroupement?into=" + day.asked.Number.String()},
		{name: "desk-supervision", as: "lou", path: at(day.taken)},
		{name: "desk-reopening", as: "alix", path: at(day.validated) + "/reouverture"},
		{name: "desk-done", as: "alix", path: at(day.asked), then: func(c *chromium) {
			c.open(at(day.asked) + "?faire=note")
			c.do("words", chromedp.SendKeys("#text-note", "Vu avec le chef d’établissement."))
			c.submit("#do-note button[value=note]")
		}},
		{name: "desk-unreachable", as: "alix", path: at(day.taken), then: func(c *chromium) {
			h.mute(h.t, person("creteil", "dominique"), "5.1.1")
			c.open(at(day.taken))
		}},
	}
}

// day is what a desk sees in a day: a ticket in each status.
type day struct {
	hall                                                                         *hall
	fresh, taken, asked, drafted, resolved, validated, withdrawn, closed, merged tickets.Case
}

func (d *day) open(by tickets.Person, summary, description string) tickets.Case {
	d.hall.t.Helper()
	d.hall.pass(11 * time.Minute)
	return d.hall.open(d.hall.t, by, tickets.Incident, typedCard(summary, description))
}

func (h *hall) day() *day {
	h.t.Helper()
	who, alix := person("creteil", "dominique"), person("creteil", "alix")
	d := &day{hall: h}
	act := func(c tickets.Case, by tickets.Person, action tickets.Action, in tickets.Input) {
		h.t.Helper()
		h.pass(9 * time.Minute)
		do(h.t, h.portal, by, c, action, in)
	}
	say := func(text string) tickets.Input { return tickets.Input{Text: text} }

	d.fresh = d.open(who, "", "Service des examens, bureau 12 : la messagerie refuse mon mot de passe depuis ce matin, même après redémarrage.")
	d.taken = d.open(who, "Boîte pleine", "Service de la paie, bureau 12.\nMa messagerie refuse les nouveaux messages depuis ce matin, et dit que la boîte est pleine. J’ai vidé la corbeille sans effet.")
	act(d.taken, alix, tickets.ActionTake, tickets.Input{})
	act(d.taken, alix, tickets.ActionNote, say("Quota à 2 Go, compte ancien."))
	act(d.taken, alix, tickets.ActionRequalify, tickets.Input{Category: "messagerie", Subcategory: "quota", Urgency: tickets.High, RequestType: "panne"})
	d.asked = d.open(who, "Vidéoprojecteur", "Salle 12 : le vidéoprojecteur s’éteint au bout de cinq minutes.")
	act(d.asked, alix, tickets.ActionAsk, say("Quel est le numéro d’inventaire du vidéoprojecteur ?"))
	d.drafted = d.open(who, "Écran", "L’écran de gauche reste noir.")
	act(d.drafted, alix, tickets.ActionAsk, say("De quel poste s’agit-il ?"))
	if _, err := h.desk.RefuseMail(h.t.Context(), tickets.InboundMail{
		Academy: "creteil", Person: who.ID, Ticket: d.drafted.ID, Hash: [32]byte{1}, Sender: who.Email, Verdict: "guide",
	}, "Du poste PC-2041, près de la fenêtre.", nil); err != nil {
		h.t.Fatal(err)
	}
	d.resolved = d.open(who, "Messages perdus", "Je ne reçois plus de messages.")
	act(d.resolved, alix, tickets.ActionTake, tickets.Input{})
	act(d.resolved, alix, tickets.ActionNote, say("Quota dépassé depuis hier."))
	h.visitor("dominique").upload(at(d.resolved)+"/mise-a-jour", form("do", "complement", "text", "Voici la copie d’écran du message d’erreur."), file{"copie d’écran.png", png})
	act(d.resolved, alix, tickets.ActionResolve, tickets.Input{Text: "La boîte était pleine : son quota est porté à 5 Go.\nVidez aussi les messages envoyés de temps en temps.", Cause: "droits"})
	d.validated = d.open(who, "Imprimante", "L’imprimante du secrétariat n’imprime plus.")
	act(d.validated, alix, tickets.ActionResolve, say("Le toner est changé."))
	act(d.validated, who, tickets.ActionValidate, tickets.Input{Rating: 4})
	d.withdrawn = d.open(who, "Souris", "La souris ne répond plus.")
	act(d.withdrawn, who, tickets.ActionWithdraw, tickets.Input{Text: "Câble débranché par erreur.", Cause: "branchement"})
	d.closed = d.open(who, "Doublon d’appel", "J’ai appelé ce matin pour la même chose.")
	act(d.closed, alix, tickets.ActionClose, say("Traité par téléphone."))
	d.merged = d.open(who, "Boîte pleine, bis", "La même panne, déclarée hier.")
	act(d.merged, alix, tickets.ActionMerge, tickets.Input{Into: d.taken.Number.Ref()})
	h.pass(3 * time.Hour)
	return d
}
