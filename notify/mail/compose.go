package mail

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	netmail "net/mail"
	"strings"

	"github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"
	"github.com/google/uuid"

	"cecoia.example/tickets"
)

//go:embed letter.html
var letterHTML string

var letterTemplate = template.Must(template.New("letter").Parse(letterHTML))

// mail is a message with its envelope (RFC 5321).
type mail struct {
	id   string // Message-ID without angle brackets
	from string // "" is the null reverse-path
	to   string
	data []byte
	// signature goes before data: the DKIM-Signature field, or nothing.
	signature string
}

// compose writes the notice as a mail. It is a pure function: the same notice
// gives the same bytes, so that a mail sent twice is one. An error is for good.
func compose(n tickets.Notice, portal tickets.Portal, keys *tickets.Keyring) (mail, error) {
	to, err := recipient(n)
	if err != nil {
		return mail{}, err
	}
	l, err := write(n, portal, keys)
	if err != nil {
		return mail{}, err
	}
	m := mail{id: tickets.MessageID(n.Delivery, n.Academy.MailDomain()), to: to.Address}
	if n.Template != tickets.TemplateGuidance { // from nobody: it may answer a bounce
		m.from = tickets.WithToken(n.Academy.Bounce, keys.BounceToken(n.Academy.ID, n.ID))
	}
	var b bytes.Buffer
	if err := l.encode(&b, header(n, l, to, m.id, keys)); err != nil {
		return mail{}, fmt.Errorf("write mail: %w", err)
	}
	m.data = b.Bytes()
	return m, nil
}

// recipient returns whom the notice is for.
func recipient(n tickets.Notice) (*gomail.Address, error) {
	address, ok := n.Delivery.Recipient.Address()
	name := ""
	if !ok {
		address, name = n.Recipient.Email, oneLine(n.Recipient.Name())
	}
	if address == "" {
		return nil, errors.New("the recipient has no mail address")
	}
	parsed, err := netmail.ParseAddress("<" + address + ">")
	if err != nil || parsed.Address != address {
		return nil, errors.New("the recipient's mail address is malformed")
	}
	return &gomail.Address{Name: name, Address: address}, nil
}

// header returns the header of the whole message. Fields are set from the last
// to the first, as go-message writes the latest at the top.
func header(n tickets.Notice, l letter, to *gomail.Address, id string, keys *tickets.Keyring) gomail.Header {
	var h gomail.Header
	h.SetContentType("multipart/alternative", map[string]string{"boundary": "cecoia-" + strings.ReplaceAll(n.ID.String(), "-", "")})
	h.Set("Content-Language", string(l.Lang))
	if !n.Case.Private { // the rule's name would tell what happened
		h.Set("X-Cecoia-Rule", oneLine(n.Rule)) // "Pourquoi ce message ?"
	}
	h.Set(tickets.LoopHeader, string(n.Academy.ID))
	h.Set("X-Auto-Response-Suppress", "All")
	replyTo := n.Academy.NoReply
	if n.Case.ID != uuid.Nil {
		replyTo = tickets.WithToken(replyTo, keys.ReplyToken(n.Academy.ID, n.Case.ID))
	}
	if n.Template == tickets.TemplateGuidance {
		h.Set("Auto-Submitted", "auto-replied") // RFC 3834
		guidanceThread(&h, n)
	} else {
		h.Set("Auto-Submitted", "auto-generated")
		if n.Thread != "" {
			setIDs(&h, "References", n.Thread)
			setIDs(&h, "In-Reply-To", n.Thread)
		}
	}
	h.SetMessageID(id)
	h.SetDate(n.CreatedAt.In(n.Academy.Location()))
	h.Set("Subject", l.encodedSubject())
	h.SetAddressList("Reply-To", []*gomail.Address{{Address: replyTo}})
	h.SetAddressList("To", []*gomail.Address{to})
	h.SetAddressList("From", []*gomail.Address{{Name: oneLine(n.Academy.Name), Address: n.Academy.NoReply}})
	return h
}

// encodedSubject returns the subject with the number in the clear, whatever the
// words after it need (RFC 2047): logs and simple filters read it too.
func (l letter) encodedSubject() string {
	number, what, ok := strings.Cut(oneLine(l.Subject), "] ")
	if !ok {
		return mime.QEncoding.Encode("utf-8", number)
	}
	return number + "] " + mime.QEncoding.Encode("utf-8", what)
}

// guidanceThread puts the answer under the refused reply (RFC 5322 section
// 3.6.4). Of a long history the latest ids are kept.
func guidanceThread(h *gomail.Header, n tickets.Notice) {
	var g tickets.Guidance
	if json.Unmarshal(n.Data, &g) != nil {
		return // write has said so
	}
	const longestHistory = 20
	history := append(g.References[max(0, len(g.References)-longestHistory):], g.MessageID)
	setIDs(h, "References", history...)
	setIDs(h, "In-Reply-To", g.MessageID)
}

// setIDs writes a list of message ids, leaving out what is none: they may come
// from outside.
func setIDs(h *gomail.Header, field string, ids ...string) {
	var kept []string
	for _, id := range ids {
		if id != "" && len(id) <= 250 && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) {
			kept = append(kept, id)
		}
	}
	if len(kept) > 0 {
		h.SetMsgIDList(field, kept)
	}
}

// encode writes the message: text first, then HTML, both quoted-printable UTF-8.
func (l letter) encode(w io.Writer, h gomail.Header) error {
	mw, err := message.CreateWriter(w, h.Header)
	if err != nil {
		return err
	}
	var html bytes.Buffer
	if err := letterTemplate.Execute(&html, l); err != nil {
		return err
	}
	for _, part := range []struct{ mediaType, body string }{
		{"text/plain", l.text()},
		{"text/html", html.String()},
	} {
		var ph message.Header
		ph.Set("Content-Transfer-Encoding", "quoted-printable")
		ph.SetContentType(part.mediaType, map[string]string{"charset": "utf-8"})
		pw, err := mw.CreatePart(ph)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(pw, part.body); err != nil {
			return err
		}
		if err := pw.Close(); err != nil {
			return err
		}
	}
	return mw.Close()
}

// text writes the letter as plain text.
func (l letter) text() string {
	var b strings.Builder
	paragraph := func(s string) { b.WriteString(s + "\n\n") }
	quote := func() {
		if l.QuoteTitle != "" {
			paragraph(l.QuoteTitle)
		}
		paragraph("> " + strings.ReplaceAll(l.Quote, "\n", "\n> "))
	}
	paragraph(l.Greeting)
	for _, s := range l.Lead {
		paragraph(s)
	}
	if l.Quote != "" && l.QuoteTitle == "" {
		quote()
	}
	for _, s := range l.After {
		paragraph(s)
	}
	for _, k := range l.Links {
		paragraph(k.Label + "\n" + k.URL)
	}
	if l.Quote != "" && l.QuoteTitle != "" {
		quote()
	}
	b.WriteString("-- \n") // RFC 3676 section 4.3
	for i, s := range l.Footer {
		b.WriteString(s + "\n")
		if i == 0 {
			b.WriteString(l.FooterLink + "\n")
		}
	}
	return b.String()
}
