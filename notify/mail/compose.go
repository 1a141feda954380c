package mail

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"sync"

	"cecoia.example/tickets"
)

//go:embed letter.html
var letterHTML string

// The first template of the file is a part of it; what stands after it is the letter.
var letterTemplate = template.Must(template.New("letter").Funcs(template.FuncMap{
	"lines": func(s string) []string { return strings.Split(s, "\n") },
}).Parse(letterHTML))

// mail is a message with its envelope (RFC 5321).
type mail struct {
	id   string // Message-ID without angle brackets
	from string // "" is the null reverse-path
	to   string
	data []byte
	// signature goes before data: the DKIM-Signature field, or nothing.
	signature string
	buffer    *bytes.Buffer // that data is in
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
	m.buffer = buffers.Get().(*bytes.Buffer)
	m.buffer.Reset()
	writeHeader(m.buffer, n, l, to, m.id, keys)
	if err := l.writeParts(m.buffer, boundary(n)); err != nil {
		return mail{}, fmt.Errorf("write mail: %w", err)
	}
	m.data = m.buffer.Bytes()
	return m, nil
}

// buffers are those of mails that were sent.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// free gives the mail's bytes back: nobody may read them any more.
func (m mail) free() { buffers.Put(m.buffer) }

// boundary separates the parts: no line of quoted-printable can be one, as none
// holds =_ (RFC 2045 section 6.7, the note at its end).
func boundary(n tickets.Notice) string { return "=_cecoia-" + n.ID.String() }

// recipient returns whom the notice is for.
func recipient(n tickets.Notice) (*netmail.Address, error) {
	address, ok := n.Delivery.Recipient.Address()
	name := ""
	if !ok {
		address, name = n.Recipient.Email, n.Recipient.Name()
	}
	if address == "" {
		return nil, errors.New("the recipient has no mail address")
	}
	parsed, err := netmail.ParseAddress("<" + address + ">")
	if err != nil || parsed.Address != address {
		return nil, errors.New("the recipient's mail address is malformed")
	}
	return &netmail.Address{Name: name, Address: address}, nil
}

// writeParts writes the body: text first, then HTML, both quoted-printable UTF-8.
func (l letter) writeParts(b *bytes.Buffer, boundary string) error {
	for _, part := range []struct {
		mediaType string
		write     func(io.Writer) error
	}{
		{"text/plain", func(w io.Writer) error { _, err := io.WriteString(w, l.text()); return err }},
		{"text/html", func(w io.Writer) error { return letterTemplate.Execute(w, l) }},
	} {
		b.WriteString("--" + boundary + "\r\nContent-Type: " + part.mediaType +
			"; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
		w := quotedprintable.NewWriter(b)
		if err := part.write(w); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		b.WriteString("\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	return nil
}
