package mattermost

import (
	"fmt"
	"strings"
	"time"
)

// words are what people read on the page, in one language. They stay here, not
// in tickets/locale: they are the chat's, not the gateway's.
type words struct {
	Lang, Title, Choose, Demo, Edited, OnlyYou, System, Direct, Thread, Close, Reply, Write, Send, Channels, Switch string
	Empty, Loading, Offline, Cancel, Submit, Bot, Choice, Skip, Required, Urgent, Important                         string
}

// wordsFor chooses a language: English when asked for first, else French, the
// language of the desk.
func wordsFor(language string) words {
	if strings.HasPrefix(strings.ToLower(language), "en") {
		return words{Lang: "en", Title: "Chat (demo)", Choose: "Who are you?", Edited: "(edited)", OnlyYou: "Only visible to you",
			Demo:   "This chat imitates Mattermost for the demo. Everyone is made up; one click signs you in, in this tab only.",
			System: "System", Direct: "Direct messages", Thread: "Thread", Close: "Close", Reply: "Reply…", Write: "Write to %s",
			Send: "Send", Channels: "Channels", Switch: "Change", Empty: "Nothing here yet. Type / to see the commands.", Loading: "Loading…", Offline: "Connection lost, trying again…",
			Cancel: "Cancel", Submit: "Submit", Bot: "BOT", Choice: "Choose…", Skip: "Skip to the message box",
			Required: "This field is required.", Urgent: "Urgent", Important: "Important"}
	}
	return words{Lang: "fr", Title: "Messagerie (démonstration)", Choose: "Qui êtes-vous ?", Edited: "(modifié)", OnlyYou: "Visible par vous seul",
		Demo:   "Cette messagerie imite Mattermost pour la démonstration. Tout le monde y est inventé ; un clic vous connecte, dans cet onglet seulement.",
		System: "Système", Direct: "Messages directs", Thread: "Fil", Close: "Fermer", Reply: "Répondre…", Write: "Écrire à %s",
		Send: "Envoyer", Channels: "Canaux", Switch: "Changer", Empty: "Rien ici pour l’instant. Tapez / pour voir les commandes.", Loading: "Chargement…", Offline: "Connexion perdue, nouvel essai…",
		Cancel: "Annuler", Submit: "Valider", Bot: "ROBOT", Choice: "Choisir…", Skip: "Aller à la zone de saisie",
		Required: "Ce champ est obligatoire.", Urgent: "Urgent", Important: "Important"}
}

func (w words) priority(p string) string {
	switch p {
	case "urgent":
		return w.Urgent
	case "important":
		return w.Important
	}
	return ""
}

func (w words) replies(n int) string {
	noun := map[string]string{"fr": "réponse", "en": "reply"}[w.Lang]
	if n > 1 {
		noun = map[string]string{"fr": "réponses", "en": "replies"}[w.Lang]
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// day is a date in words: "samedi 21 novembre 2026", "Saturday 21 November 2026".
func (w words) day(t time.Time) string {
	if w.Lang == "en" {
		return t.Format("Monday 2 January 2006")
	}
	days := [...]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
	months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	return fmt.Sprintf("%s %d %s %d", days[t.Weekday()], t.Day(), months[t.Month()-1], t.Year())
}
