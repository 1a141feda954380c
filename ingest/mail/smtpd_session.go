package mail

import (
	"context"
	"crypto/tls"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// recordingTime bounds the decision on one mail, the wait for a place included:
// a server waits 10 minutes for the answer (RFC 5321, section 4.5.3.2.6).
const recordingTime = 2 * time.Minute

// smtpSession is one client's session. go-smtp calls it from one goroutine at a
// time.
type smtpSession struct {
	*Listener
	ctx  context.Context //nolint:containedctx // a session is a call of Serve's; go-smtp passes none
	conn *guarded
	hang func() // ends the connection after the reply

	from      string
	to        []string
	door      *door // of the recipients; nil before the first
	strangers int
}

func (l *Listener) newSession(ctx context.Context, c *smtp.Conn) *smtpSession {
	conn := c.Conn()
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	return &smtpSession{Listener: l, ctx: ctx, conn: conn.(*guarded), hang: func() { _ = c.Close() }}
}

// reply is what a command is answered with instead of success.
func reply(code int, enhanced smtp.EnhancedCode, message string) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: message}
}

// Reset forgets the mail that was begun.
func (s *smtpSession) Reset() { s.from, s.to, s.door = "", nil, nil }

// Logout is called at the end of the session.
func (s *smtpSession) Logout() error { return nil }

// Mail takes the envelope's sender. A mail beyond the address's rate is put off,
// one that is said to be too large (RFC 1870) is refused before it is sent.
func (s *smtpSession) Mail(from string, o *smtp.MailOptions) error {
	if !s.conn.client.mails.Allow() {
		s.count(450)
		return reply(450, smtp.EnhancedCode{4, 7, 1}, "Too many mails in a minute, try again later")
	}
	if o.Size > MaxMessage {
		s.count(552)
		return s.tooLarge()
	}
	// It becomes a header field: what cannot be written there is no address of a
	// person who could be answered.
	if from != "" && plausible(from) == "" {
		return reply(553, smtp.EnhancedCode{5, 1, 7}, "The sender's address cannot be read")
	}
	s.from = plausible(from)
	return nil
}

// Rcpt takes a recipient. As a mail has one answer, its recipients are one
// academy's, for replies or for bounces; others are for another mail.
func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	d := s.doorOf(plausible(to))
	switch {
	case d == nil:
		if s.strangers++; s.strangers > maxStrangers {
			s.hang()
		}
		return reply(550, smtp.EnhancedCode{5, 1, 1}, "No such address here")
	case s.door != nil && s.door != d:
		return reply(452, smtp.EnhancedCode{4, 5, 3}, "Send this recipient a mail of its own")
	}
	s.door, s.to = d, append(s.to, plausible(to))
	return nil
}

// Data keeps the mail, decides, records, and only then answers.
func (s *smtpSession) Data(r io.Reader) error {
	answer := s.receive(r)
	code := 250
	if answer != nil {
		code = answer.Code
	}
	s.count(code)
	if answer == nil {
		return nil // a nil *SMTPError would be an error
	}
	return answer
}

func (s *smtpSession) count(code int) { s.replies.WithLabelValues(strconv.Itoa(code)).Inc() }

// tryAgain is said when nothing is wrong with the mail, but with us.
var tryAgain = reply(451, smtp.EnhancedCode{4, 3, 0}, "Not recorded, try again later")

// receive returns the answer to a mail, nil for 250.
func (s *smtpSession) receive(r io.Reader) *smtp.SMTPError {
	d := s.door
	log := s.options.Logger.With("academy", string(d.academy.ID), "peer", s.conn.peer.String())
	raw, err := d.keep(s.ctx, io.MultiReader(strings.NewReader(s.trace()), r))
	switch {
	case tickets.CodeOf(err) == tickets.Invalid:
		log.WarnContext(s.ctx, "mail: too large, refused in its SMTP session")
		return s.tooLarge()
	case err != nil:
		log.WarnContext(s.ctx, "mail: not kept", "error", err)
		return tryAgain
	case s.conn.ended.Load(): // of a BDAT (RFC 3030) cut short the end looks like the end
		return tryAgain
	}
	ctx, cancel := context.WithTimeout(s.ctx, recordingTime)
	defer cancel()
	select {
	case s.deciding <- struct{}{}:
		defer func() { <-s.deciding }()
	case <-ctx.Done():
		return tryAgain
	}
	cases, first, err := d.decide(ctx, []arrival{{raw: raw}})
	if err != nil {
		log.ErrorContext(ctx, "mail: not recorded", "hash", hashOf(raw), "error", err)
		return tryAgain
	}
	d.recorded(ctx, cases[0], first[0])
	if j := cases[0]; j.decision.Verdict == Answer {
		return reply(550, smtp.EnhancedCode{5, 7, 1}, refusal(s.options.Portal, j))
	}
	return nil
}

// trace is what a server writes above a mail that has arrived (RFC 5321, section
// 4.4): the envelope, from which the same table decides as in a mailbox. There
// is no time in it, so that a mail sent again is known by its hash.
func (s *smtpSession) trace() string {
	var b strings.Builder
	b.WriteString("Return-Path: <" + s.from + ">\r\n")
	for _, to := range s.to {
		b.WriteString("X-Original-To: " + to + "\r\n")
	}
	return b.String()
}

// refusal is the one line that the sender's server shows them: in both
// languages, in ASCII as a reply must be (RFC 5321, section 4.2), with the link
// to where their words are. The link of a ticket is for who is known to take
// part in it, and a private ticket has none here: reports are read by others.
func refusal(portal tickets.Portal, j judged) string {
	key, link := "smtpd.generic", portal.Home()
	if j.facts.Participant {
		if j.refused.Text != "" {
			key = "smtpd.kept"
		}
		if !j.facts.Ticket.Private {
			link = portal.Ticket(j.facts.Ticket)
		}
	}
	return inBoth(key, link)
}

// tooLarge refuses a mail of which nothing is kept, with what to do instead.
func (l *Listener) tooLarge() *smtp.SMTPError {
	return reply(552, smtp.EnhancedCode{5, 3, 4}, inBoth("smtpd.too_large", l.options.Portal.Home()))
}

func inBoth(key, link string) string {
	french, english := locale.For(tickets.French, nil), locale.For(tickets.English, nil)
	return french.T(key) + " / " + english.T(key) + " " + link
}
