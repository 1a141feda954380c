package mail_test

import (
	"strings"
	"testing"

	"cecoia.example/deploy/local/mail"
)

// A server that knows its mailboxes only later returns what it took for others.
func TestUnknownRecipientsAreReported(t *testing.T) {
	s := start(t, mail.Options{AcceptUnknown: true})
	sender := "bounce+abc@creteil.example"
	mustSend(t, s, sender, []string{"parti@creteil.example", person}, "Message-ID: <original@creteil.example>\r\nSubject: S\r\n\r\nBonjour\r\n")
	if n := len(s.Messages(person)); n != 1 {
		t.Errorf("who is there has %d messages", n)
	}
	reports := s.Messages("bounce@creteil.example")
	if len(reports) != 1 {
		t.Fatalf("%d reports", len(reports))
	}
	raw := string(reports[0].Raw)
	for _, want := range []string{
		"Return-Path: <>\r\n", "Delivered-To: " + sender + "\r\n", "report-type=delivery-status",
		"\r\nFinal-Recipient: rfc822; parti@creteil.example\r\n", "\r\nStatus: 5.1.1\r\n", "\r\nMessage-ID: <original@creteil.example>\r\n",
	} {
		if !strings.Contains(raw, want) {
			t.Errorf("no %q in\n%s", want, raw)
		}
	}
	if strings.Contains(raw, "Bonjour") || strings.Contains(raw, person) {
		t.Errorf("the report says too much:\n%s", raw)
	}

	// A report is not reported, nor is anything to a sender elsewhere.
	mustSend(t, s, "", []string{"parti@creteil.example"}, "Subject: S\r\n\r\nx\r\n")
	mustSend(t, s, "x@ailleurs.example", []string{"parti@creteil.example"}, "Subject: S\r\n\r\nx\r\n")
	if n := len(s.Messages("bounce@creteil.example")); n != 1 {
		t.Errorf("%d reports", n)
	}
	if err := send(t, s, sender, []string{"parti@ailleurs.example"}, "Subject: S\r\n\r\nx\r\n"); code(err) != 550 {
		t.Errorf("to another domain: %v, want 550", err)
	}
}
