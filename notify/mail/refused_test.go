package mail

import (
	"context"
	"testing"

	"github.com/emersion/go-smtp"

	"cecoia.example/tickets"
)

// What a server says of the address as we write to it counts as its report
// would; what it says of us, of the message or of the moment does not.
func TestRefusalsOfTheAddressAreTold(t *testing.T) {
	says := func(code int, enhanced smtp.EnhancedCode, text string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
	}
	unknown := says(550, smtp.EnhancedCode{5, 1, 1}, "User unknown")
	for name, c := range map[string]struct {
		rcpt, data error
		status     string
	}{
		"no such user":         {rcpt: unknown, status: "5.1.1"},
		"mailbox full":         {rcpt: says(552, smtp.EnhancedCode{5, 2, 2}, "Over quota"), status: "5.2.2"},
		"no more than 550":     {rcpt: says(550, smtp.NoEnhancedCode, "no")},
		"policy":               {rcpt: says(550, smtp.EnhancedCode{5, 7, 1}, "no")},
		"our sender":           {rcpt: says(550, smtp.EnhancedCode{5, 1, 8}, "no")},
		"we may not":           {rcpt: says(550, smtp.EnhancedCode{5, 1, 1}, "Relay access denied")},
		"for now":              {rcpt: says(450, smtp.EnhancedCode{4, 2, 0}, "greylisted")},
		"the message":          {data: says(550, smtp.EnhancedCode{5, 1, 1}, "no")},
		"nothing, it is taken": {},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPeer(t, false)
			p.rcpt, p.data = []error{c.rcpt}, []error{c.data}
			var told []tickets.Bounce
			m := mailer(t, plain(p), Options{Refused: func(_ context.Context, b tickets.Bounce) { told = append(told, b) }})
			m.Send(t.Context(), taken())
			switch {
			case c.status == "" && len(told) > 0:
				t.Errorf("told %+v", told)
			case c.status != "" && (len(told) != 1 || told[0].Status != c.status || told[0].Delivery != taken().ID ||
				told[0].Academy != "creteil" || told[0].Addresses[0] != taken().Recipient.Email || told[0].Delayed):
				t.Errorf("told %+v", told)
			}
		})
	}
	p := newPeer(t, false)
	p.rcpt = []error{unknown}
	want(t, mailer(t, plain(p), Options{}).Send(t.Context(), taken()), tickets.Permanent) // nobody listens
}
