package mail

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// maxUnknown is how many unknown recipients of one message are taken.
const maxUnknown = 20

// serves says whether the address is in a domain that has accounts here.
func (s *Server) serves(address string) bool {
	for known := range s.accounts {
		if strings.EqualFold(domain(known), domain(address)) {
			return true
		}
	}
	return false
}

// report returns the message that could not be delivered to its sender, as
// Postfix does: a report for people and for programs (RFC 3464), with the header
// that came (RFC 3462). A message without a sender is a report itself, and ends
// here. Nothing is told to senders elsewhere: this server relays nothing.
func (s *Server) report(sender string, unknown []string, raw []byte) error {
	to := s.account(sender)
	if sender == "" || to == nil {
		return nil
	}
	now := s.opts.Now()
	host := s.opts.Hostname
	var b bytes.Buffer
	field := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	boundary := fmt.Sprintf("report-%x", now.UnixNano())
	part := func(mediaType string) {
		fmt.Fprintf(&b, "\r\n--%s\r\nContent-Type: %s\r\n\r\n", boundary, mediaType)
	}
	field("Date", now.Format(time.RFC1123Z))
	field("From", "Mail Delivery System <MAILER-DAEMON@"+host+">")
	field("To", "<"+sender+">")
	field("Subject", "Undelivered Mail Returned to Sender")
	field("Message-Id", "<"+boundary+"@"+host+">")
	field("Auto-Submitted", "auto-replied")
	field("MIME-Version", "1.0")
	field("Content-Type", `multipart/report; report-type=delivery-status; boundary="`+boundary+`"`)

	part("text/plain; charset=utf-8")
	fmt.Fprintf(&b, "This is the mail system at host %s.\r\n", host)
	for _, address := range unknown {
		fmt.Fprintf(&b, "\r\n<%s>: unknown user\r\n", address)
	}
	part("message/delivery-status")
	field("Reporting-MTA", "dns; "+host)
	field("Arrival-Date", now.Format(time.RFC1123Z))
	for _, address := range unknown {
		b.WriteString("\r\n")
		field("Final-Recipient", "rfc822; "+address)
		field("Original-Recipient", "rfc822;"+address)
		field("Action", "failed")
		field("Status", "5.1.1")
		field("Diagnostic-Code", `X-Postfix; unknown user: "`+address+`"`)
	}
	part("text/rfc822-headers")
	b.Write(headerOf(raw))
	fmt.Fprintf(&b, "\r\n--%s--\r\n", boundary)

	e := envelope{headerFrom: "MAILER-DAEMON@" + host, helo: host, client: "127.0.0.1", server: host, at: now}
	return s.deliver(map[*account]string{to: sender}, func(id, recipient string) []byte {
		return append(e.stamp(id, recipient), b.Bytes()...)
	})
}

// headerOf returns a message's header, with its empty line unless it has none.
func headerOf(raw []byte) []byte {
	for _, end := range []string{"\r\n\r\n", "\n\n"} {
		if at := bytes.Index(raw, []byte(end)); at >= 0 {
			return raw[:at+len(end)]
		}
	}
	return raw
}
