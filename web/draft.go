package web

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
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

// draftToken takes the place of a page's command token where its words began with
// a draft: two pages that show the same draft send the same words once.
func draftToken(ref tickets.Ref, draft time.Time) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %s", ref, draft.UTC().Format(time.RFC3339Nano)))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:])
}
