package web

import (
	"time"

	"cecoia.example/tickets"
)

// typed is what the visitor has written so far, and the mark of the refused
// reply that it began with: sending the words ends that draft, and no later one.
type typed struct{ text, draft string }

// fromDraft is what a page is prefilled with; nothing when there is no draft.
func fromDraft(d *tickets.ReplyDraft) typed {
	if d == nil {
		return typed{}
	}
	return typed{text: d.Text, draft: d.CreatedAt.Format(time.RFC3339Nano)}
}

// typedIn is what a posted page holds.
func typedIn(sub submission) typed {
	return typed{text: sub.Get("text"), draft: sub.Get("draft")}
}

// input is the words for the desk. A mark that is not ours is none.
func (t typed) input() tickets.Input {
	seen, err := time.Parse(time.RFC3339Nano, t.draft)
	if err != nil {
		seen = time.Time{}
	}
	return tickets.Input{Text: t.text, Draft: seen}
}
