package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-smtp"

	"cecoia.example/tickets"
)

// recipientError is a refusal of the recipient.
type recipientError struct{ err error }

func (e *recipientError) Error() string { return "RCPT: " + e.err.Error() }
func (e *recipientError) Unwrap() error { return e.err }

// tellRefused tells of a refusal for good that is about the address or its
// mailbox (X.1.* and X.2.* of RFC 3463). Servers also refuse recipients for what
// is wrong with us, or say no more than 550: that mutes nobody.
func (m *Mailer) tellRefused(ctx context.Context, n tickets.Notice, msg mail, err error) {
	var recipient *recipientError
	var refusal *smtp.SMTPError
	if m.opts.Refused == nil || !errors.As(err, &recipient) || !errors.As(err, &refusal) || outcomeOf(err, tickets.Retry) != tickets.Permanent {
		return
	}
	code := refusal.EnhancedCode
	sender := code[1] == 1 && (code[2] == 7 || code[2] == 8) // ours is what is wrong
	if code[0] != 5 || code[1] != 1 && code[1] != 2 || sender {
		return
	}
	m.opts.Refused(ctx, tickets.Bounce{
		Academy: n.Academy.ID, Delivery: n.ID, Addresses: []string{strings.ToLower(msg.to)},
		Status: fmt.Sprintf("%d.%d.%d", code[0], code[1], code[2]), Diagnostic: oneLine(refusal.Message),
	})
}
