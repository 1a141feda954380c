package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// Command is what a person asked for from a channel, as it travels through
// Redis and waits in Postgres (as JSON).
type Command struct {
	// ID identifies the request: what has it is applied once, however often it
	// is delivered.
	ID      string            `json:"id"`
	Academy tickets.AcademyID `json:"academy"`
	Account string            `json:"account"` // the person's id on the channel, authenticated by it
	Text    string            `json:"text"`    // as typed, without the trigger
	// Place and Thread are hints to where it was typed. They give no right.
	Place  string `json:"place,omitempty"`
	Thread string `json:"thread,omitempty"`
	// Mentions are the accounts and places that the words name and the channel
	// knows, as it says: their ids by what was typed, "@alix", "~reseaux".
	Mentions map[string]string `json:"mentions,omitempty"`
	// Reply is the channel's handle for a late answer; a secret, never logged.
	// "" when the channel has none: then only an answer in time is seen.
	Reply string `json:"reply,omitempty"`
	// Post is the message of Place that the command was written as, and whose
	// answer is to be a message there, below Thread; "" for a command that is none.
	Post string `json:"post,omitempty"`
	// Instead names what the channel says in place of executing the command; ""
	// to execute it.
	Instead    string    `json:"instead,omitempty"`
	ReceivedAt time.Time `json:"received_at"`
	// Trace is that of the request it came by; the gateway sets it.
	Trace tickets.Trace `json:"trace,omitempty"`
	// Form is the form that the person filled in, nil when they typed words:
	// Text then only names it.
	Form *Form `json:"form,omitempty"`
}

// Form is a form filled in: a dialog of a chat.
type Form struct {
	// ID is that of its opening: however often it is sent, with whatever
	// values, it is applied once.
	ID     string            `json:"id"`
	Ticket uuid.UUID         `json:"ticket,omitzero"` // that it is about; uuid.Nil for none
	Values map[string]string `json:"values"`          // by the name of the field
}

// Fingerprint identifies the same words by the same person in the same place,
// whatever the command's id: people repeat what seems not to have worked.
func (c Command) Fingerprint() string {
	h := sha256.New()
	for _, field := range []string{string(c.Academy), c.Account, c.Place, c.Thread, c.Text} {
		h.Write([]byte(strconv.Itoa(len(field)) + ":" + field)) // the length keeps fields apart
	}
	return hex.EncodeToString(h.Sum(nil))
}

// How says what became of a command.
type How string

// What becomes of a command.
const (
	// Done: executed; Text is the answer, a refusal included.
	Done How = "done"
	// Failed: something of ours broke; Incident finds it in the log.
	Failed How = "failed"
	// Later: kept durably; the answer follows by Command.Reply.
	Later How = "later"
	// NotAccepted: not kept; the person is to try again.
	NotAccepted How = "not_accepted"
)

// Answer is what to tell the person now. Each channel words it.
type Answer struct {
	How      How    `json:"how"`
	Text     string `json:"text,omitempty"`
	Incident string `json:"incident,omitempty"`
}
