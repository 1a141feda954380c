package web

import (
	"slices"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// moment is one event of the timeline.
type moment struct {
	Text      string
	At        stamp
	New       bool // to the visitor, since their last visit
	First     bool // of the new ones: the link on top leads here
	Words     string
	Internal  bool
	Desk      bool     // by the desk, as opposed to the requester's side
	Changes   []string // what it set beyond the words, a line each
	Documents documentList
}

// timeline tells the events in order, each dated and signed, and how many of
// them are new to the visitor.
func timeline(v *visit, view tickets.View) (told []moment, news int) {
	told = make([]moment, 0, len(view.Events))
	for _, e := range view.Events {
		m := moment{
			Text: v.words.Event(e.Action, view.Who(e.Actor).Name()), At: when(v.words, e.At),
			New: view.News(e), Words: e.Text, Internal: e.Internal, Desk: !view.Party(e.Actor),
			Changes: v.words.Changes(v.academy, e.Detail, view.People),
		}
		if m.New {
			m.First = news == 0
			news++
		}
		if e.From != e.To {
			m.Changes = slices.Insert(m.Changes, 0, v.words.T("web.ticket.becomes", e.To))
		}
		var docs []tickets.Attachment
		for _, a := range view.Attachments {
			if a.Event == e.ID {
				docs = append(docs, a)
			}
		}
		m.Documents = documents(v.words, docs, false)
		told = append(told, m)
	}
	return told, news
}

// bound are the documents that belong to the ticket.
func bound(all []tickets.Attachment) []tickets.Attachment {
	return slices.DeleteFunc(slices.Clone(all), func(a tickets.Attachment) bool { return a.Event == uuid.Nil })
}
