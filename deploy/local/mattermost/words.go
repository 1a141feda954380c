package mattermost

import (
	"fmt"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

// words are what people read on the page, in one language. They stay here, not
// in tickets/locale: they are the chat's, not the gateway's.
type words struct {
	Lang string

	// the first page
	Title, Choose, Demo, Try, TryDraft, Follow, Gone string

	// the frame
	Direct, Thread, Close, Reply, Write, Channels, SignOut, Skip string
	Empty, Loading, Offline, Older, Fresh, More                  string

	// a post
	Edited, OnlyYou, System, Bot, Urgent, Important, CopyLink, Copied, Copy, Edit, Delete, DeleteAsk, Dismiss string
	Joined, Left, Added, Removed                                                                              string

	// writing
	Send, Editing, Hint, BuiltinUsage, Invited, Kicked string

	// dialogs
	Cancel, Submit, Choice, Required string
}

// wordsFor chooses a language: English when asked for first, else French, the
// language of the desk.
func wordsFor(language string) words {
	if strings.HasPrefix(strings.ToLower(language), "en") {
		return english
	}
	return french
}

var english = words{
	Lang: "en", Title: "Chat (demo)", Choose: "Who are you?",
	Demo: "This chat imitates Mattermost for the demo. Everyone is made up; one click signs you in, in this tab only.",
	Try:  "To begin with", TryDraft: "ready to send:", Follow: "This link leads to a message. Who opens it?", Gone: "This message is not there any more.",
	Direct: "Direct messages", Thread: "Thread", Close: "Close", Reply: "Reply…", Write: "Write to %s", Channels: "Channels",
	SignOut: "Sign out", Skip: "Skip to the message box",
	Empty: "Nothing here yet. Type / to see the commands.", Loading: "Loading…", Offline: "Connection lost, trying again…",
	Older: "Older messages", Fresh: "New messages", More: "Show all of it",
	Edited: "(edited)", OnlyYou: "Only visible to you", System: "System", Bot: "BOT", Urgent: "Urgent", Important: "Important",
	CopyLink: "Copy link", Copied: "Link copied", Copy: "Copy this link: %s", Edit: "Edit", Delete: "Delete", DeleteAsk: "Delete this message and its thread?", Dismiss: "Dismiss",
	Joined: "@%[2]s joined the channel.", Left: "@%[2]s has left the channel.",
	Added: "@%[2]s was added to the channel by @%[1]s.", Removed: "@%[2]s was removed from the channel by @%[1]s.",
	Send: "Send", Editing: "Editing your message. Escape gives up.", Hint: "Enter sends, Shift+Enter starts a new line, ↑ brings back what you typed.",
	BuiltinUsage: "Usage: `%s @name [~channel]`.", Invited: "@%s is now in ~%s.", Kicked: "@%s is no longer in ~%s.",
	Cancel: "Cancel", Submit: "Submit", Choice: "Choose…", Required: "This field is required.",
}

var french = words{
	Lang: "fr", Title: "Messagerie (démonstration)", Choose: "Qui êtes-vous ?",
	Demo: "Cette messagerie imite Mattermost pour la démonstration. Tout le monde y est inventé ; un clic vous connecte, dans cet onglet seulement.",
	Try:  "Pour commencer", TryDraft: "prêt à envoyer :", Follow: "Ce lien mène à un message. Qui l’ouvre ?", Gone: "Ce message n’existe plus.",
	Direct: "Messages directs", Thread: "Fil", Close: "Fermer", Reply: "Répondre…", Write: "Écrire à %s", Channels: "Canaux",
	SignOut: "Se déconnecter", Skip: "Aller à la zone de saisie",
	Empty: "Rien ici pour l’instant. Tapez / pour voir les commandes.", Loading: "Chargement…", Offline: "Connexion perdue, nouvel essai…",
	Older: "Messages plus anciens", Fresh: "Nouveaux messages", More: "Afficher tout",
	Edited: "(modifié)", OnlyYou: "Visible par vous seul", System: "Système", Bot: "ROBOT", Urgent: "Urgent", Important: "Important",
	CopyLink: "Copier le lien", Copied: "Lien copié", Copy: "Copiez ce lien : %s", Edit: "Modifier", Delete: "Supprimer", DeleteAsk: "Supprimer ce message et son fil ?", Dismiss: "Retirer",
	Joined: "@%[2]s a rejoint le canal.", Left: "@%[2]s a quitté le canal.",
	Added: "@%[2]s a été ajouté au canal par @%[1]s.", Removed: "@%[2]s a été retiré du canal par @%[1]s.",
	Send: "Envoyer", Editing: "Vous modifiez votre message. Échap y renonce.", Hint: "Entrée envoie, Maj+Entrée va à la ligne, ↑ rappelle ce que vous avez tapé.",
	BuiltinUsage: "Usage : `%s @nom [~canal]`.", Invited: "@%s est maintenant dans ~%s.", Kicked: "@%s n’est plus dans ~%s.",
	Cancel: "Annuler", Submit: "Valider", Choice: "Choisir…", Required: "Ce champ est obligatoire.",
}

// script are the words that the page's script needs, by name.
func (w words) script() map[string]string {
	return map[string]string{"cancel": w.Cancel, "submit": w.Submit, "choice": w.Choice, "required": w.Required, "write": w.Write,
		"offline": w.Offline, "older": w.Older, "fresh": w.Fresh, "copied": w.Copied, "copy": w.Copy, "delete": w.Delete,
		"deleteAsk": w.DeleteAsk, "editing": w.Editing, "send": w.Send}
}

// membership tells who came or went, as by did it.
func (w words) membership(p *model.Post, by, who string) string {
	sentence, known := map[string]string{model.PostTypeJoinChannel: w.Joined, model.PostTypeLeaveChannel: w.Left,
		model.PostTypeAddToChannel: w.Added, model.PostTypeRemoveFromChannel: w.Removed}[p.Type]
	if !known {
		return p.Message
	}
	return fmt.Sprintf(sentence, by, who)
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
