package mail

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/emersion/go-smtp"

	"cecoia.example/tickets"
)

// errSessionGone says that the connection failed before the message began.
var errSessionGone = errors.New("the connection is gone")

// transmit carries one message and says what to make of an error. Up to the
// final dot the server has not accepted it; from there to its answer nobody
// knows. Of a message that it has taken said is its answer, by which its own log
// is found.
func (c *conn) transmit(m mail) (outcome tickets.Outcome, said string, err error) {
	var opts *smtp.MailOptions
	if !ascii(m.to) {
		if ok, _ := c.Extension("SMTPUTF8"); !ok {
			return tickets.Permanent, "", errors.New("the mail server takes no address outside ASCII")
		}
		opts = &smtp.MailOptions{UTF8: true}
	}
	if err := c.Mail(m.from, opts); err != nil {
		if code := codeOf(err); code == 0 || code == 421 {
			err = errors.Join(errSessionGone, err)
		}
		return tickets.Retry, "", fmt.Errorf("MAIL: %w", err) // it refuses us, not the mail
	}
	if err := c.Rcpt(m.to, nil); err != nil {
		return outcomeOf(err, tickets.Retry), "", &recipientError{err}
	}
	w, err := c.Data()
	if err != nil {
		return outcomeOf(err, tickets.Retry), "", fmt.Errorf("DATA: %w", err)
	}
	for _, part := range [][]byte{[]byte(m.signature), m.data} {
		if _, err := w.Write(part); err != nil {
			return tickets.Retry, "", fmt.Errorf("message: %w", err)
		}
	}
	answer, err := w.CloseWithResponse()
	if err != nil {
		return outcomeOf(err, tickets.Uncertain), "", fmt.Errorf("end of message: %w", err)
	}
	return tickets.Delivered, answer.StatusText, nil
}

func codeOf(err error) int {
	var refusal *smtp.SMTPError
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return 0
}

// refusesUs is how servers say 5xx of us rather than of the mail: what an
// administrator mends. Postfix says so at RCPT, whatever it is about
// (smtpd_delay_reject); Exchange after the message (5.7.54 is to relay, 5.7.60
// to send as that sender).
var refusesUs = regexp.MustCompile(`(?i)sender address rejected|client host|helo command rejected|relay(ing)? (access )?(is )?(denied|not permitted)|unable to relay|not owned by user|permissions? to send as|authentication (is )?required|sending limit`)

// outcomeOf reads a reply code (RFC 5321 section 4.2.1, RFC 4954 section 6 for
// those that ask us to sign in); silent is what a failure without one means.
func outcomeOf(err error, silent tickets.Outcome) tickets.Outcome {
	switch code := codeOf(err); {
	case code == 0:
		return silent
	case code == 530, code == 534, code == 535, code == 538:
		return tickets.Retry
	case code >= 500 && !aboutUs(err):
		return tickets.Permanent
	}
	return tickets.Retry
}

// aboutUs says whether a refusal is of our sender (X.1.7 and X.1.8 of RFC 3463),
// or says so in words.
func aboutUs(err error) bool {
	var refusal *smtp.SMTPError
	if errors.As(err, &refusal) && refusal.EnhancedCode[1] == 1 && (refusal.EnhancedCode[2] == 7 || refusal.EnhancedCode[2] == 8) {
		return true
	}
	return refusesUs.MatchString(err.Error())
}

// comeBack is how greylisting servers say when: "in 300 seconds", "in 00:05:00",
// "for 5 minutes".
var comeBack = regexp.MustCompile(`(?i)\b(?:in|for|after|wait)\s+(?:(\d{1,2}):(\d{2}):(\d{2})\b|(\d{1,5})\s*(s|m)(?:ec|in)?(?:ond|ute)?s?\b)`)

// retryAfter returns how long a 4xx asks to wait, 0 when it does not say; an
// hour at most, whatever it says.
func retryAfter(err error) time.Duration {
	var refusal *smtp.SMTPError
	if !errors.As(err, &refusal) || refusal.Code/100 != 4 {
		return 0
	}
	m := comeBack.FindStringSubmatch(refusal.Message)
	if m == nil {
		return 0
	}
	part := func(i int) time.Duration { n, _ := strconv.Atoi(m[i]); return time.Duration(n) } // digits, or "" for 0
	wait := part(1)*time.Hour + part(2)*time.Minute + part(3)*time.Second
	switch m[5] {
	case "s", "S":
		wait = part(4) * time.Second
	case "m", "M":
		wait = part(4) * time.Minute
	}
	return min(wait, time.Hour)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
