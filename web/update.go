package web

import (
	"net/http"
	"slices"
	"strings"

	"cecoia.example/tickets"
)

type updateBody struct {
	actionPage
	Draft     bool   // the words come from a refused mail
	Seen      string // marks the draft that the words began with
	DraftAt   stamp
	DraftTill stamp
	Originals []original
	Question  *call
	Resolved  bool // both a refusal and a mere addition are possible
	Text      field
	Documents documentList
	Upload    field
}

// update is "Mise à jour de l'incident", prefilled with what the visitor wrote
// in a mail that was refused.
func (s *server) update(w http.ResponseWriter, r *http.Request, v *visit) error {
	view, err := s.fitting(r, v, "/mise-a-jour", tickets.ActionComplement)
	if err != nil {
		return err
	}
	return s.showUpdate(w, r, v, view, fromDraft(view.Draft), nil)
}

func (s *server) showUpdate(w http.ResponseWriter, r *http.Request, v *visit, view tickets.View, typed typed, refused error) error {
	fm := v.form(roomier(refused))
	body := updateBody{
		actionPage: newActionPage(v, r, view, "web.update.title."+string(view.Number.Kind)),
		Resolved:   slices.Contains(view.Actions, tickets.ActionRefuse),
		Text: fm.field(field{
			Name: "text", Kind: "textarea", Rows: 9, Value: typed.text, Limit: tickets.MaxText,
			Label: v.words.T("web.field.text.complement"),
		}),
		Documents: documents(v.words, pendingDocuments(v, view.Attachments), true), Upload: uploadField(fm),
	}
	body.Seen = typed.draft
	if view.Draft != nil {
		mails, err := s.desk.Originals(r.Context(), v.caller(), view.Number.Ref())
		if err != nil {
			return err
		}
		body.Originals = originals(v.words, view.Ticket, mails)
		body.Draft, body.DraftAt, body.DraftTill = true, when(v.words, view.Draft.CreatedAt), date(v.words, view.Draft.ExpiresAt)
	}
	if c := requesterCall(v, view); c != nil {
		body.Question = c
	}
	return s.render(w, r, v, content{
		status: refusalStatus(refused), template: "update", title: body.Heading + " – " + body.Number,
		problems: fm.problems(nil), body: body,
	})
}

// doUpdate adds to the ticket, or refuses its resolution with the same words.
// Documents come first: when one is refused nothing is sent, the others and the
// words stay.
func (s *server) doUpdate(w http.ResponseWriter, r *http.Request, v *visit) error {
	ref, err := s.ref(r, v)
	if err != nil {
		return err
	}
	c, err := s.desk.Case(r.Context(), v.caller(), ref)
	if err != nil {
		return err
	}
	// Whose it is must be known before their documents come in; that it has moved
	// on is said afterwards, with their words.
	if refused := tickets.Refusal(c, tickets.ActionComplement, v.person, s.now()); tickets.CodeOf(refused) == tickets.Forbidden {
		return refused
	}
	sub, err := s.readUpload(w, r, v, c.ID)
	if err != nil {
		s.keepCut(r, sub)
		return err
	}
	again := func(view tickets.View, refused error) error {
		return s.showUpdate(w, r, v, view, typedIn(sub), refused)
	}
	do := sub.Get("do")
	id, detach := strings.CutPrefix(do, "detach:")
	if detach {
		if err := s.detach(r, v, id); err != nil {
			return err
		}
	}
	action := tickets.Action(do)
	if refused := refusals(sub.refused...); refused != nil || detach || do == "attach" {
		view, err := s.desk.View(r.Context(), v.caller(), ref)
		if err != nil {
			return err
		}
		return again(view, refused)
	}
	if do == "discard" {
		return s.discardDraft(r, v, ref, typedIn(sub))
	}
	if action != tickets.ActionRefuse {
		action = tickets.ActionComplement
	}
	return s.act(w, r, v, ref, action, sub, typedIn(sub).input(), again)
}

// discardDraft ends the draft that the page began with, unless a later reply has
// joined it: its author reads that one first.
func (s *server) discardDraft(r *http.Request, v *visit, ref tickets.Ref, typed typed) error {
	if err := s.desk.DiscardDraft(r.Context(), v.caller(), ref, typed.input().Draft); err != nil {
		return err
	}
	view, err := s.desk.View(r.Context(), v.caller(), ref)
	if err != nil {
		return err
	}
	path := tickets.TicketPath(view.Academy, view.Number)
	if view.Draft != nil {
		s.auth.Warn(r.Context(), v.words.T("web.update.discard.newer"))
		return &movedError{path + "/mise-a-jour"}
	}
	s.auth.Flash(r.Context(), v.words.T("web.update.discarded"))
	return &movedError{path}
}
