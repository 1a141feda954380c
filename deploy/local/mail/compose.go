package mail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A draft is a message being written on the page.
type draft struct {
	To, Subject, Body string
	// ReplyTo is the id of the message answered, empty for a new one.
	ReplyTo string
}

// replyDraft is the draft that answers m: to its Reply-To, else its From, with
// the original quoted below an empty line.
func replyDraft(m Message, zone *time.Location) draft {
	v := readMessage(m)
	to := v.ReplyTo
	if len(to) == 0 {
		to = v.From
	}
	subject := v.Subject
	if !strings.HasPrefix(strings.ToLower(subject), "re:") {
		subject = "Re: " + subject
	}
	original := v.Text
	if original == "" {
		original = textOfHTML(v.HTML)
	}
	var body strings.Builder
	fmt.Fprintf(&body, "\n\nLe %s, %s a écrit :\n", longDate(v.Date.In(zone)), displayNames(v.From))
	for line := range strings.Lines(strings.TrimRight(original, "\n")) {
		quoted := strings.TrimRight("> "+strings.TrimRight(line, "\n"), " ")
		body.WriteString(quoted + "\n")
	}
	return draft{To: formatAddresses(to), Subject: subject, Body: body.String(), ReplyTo: m.ID}
}

// errBadAddress says that To cannot be read.
var errBadAddress = errors.New("unreadable recipients")

// send sends a draft as acc through the SMTP server, as any mail program would,
// and keeps a copy in acc's SentFolder. parent is the message answered, nil for
// a new one. The error is errBadAddress, a *smtp.SMTPError when the server
// refuses, or a failure.
func (s *Server) send(acc *account, d draft, parent *Message) error {
	to, err := mail.ParseAddressList(d.To)
	if err != nil || len(to) == 0 {
		return errBadAddress
	}
	raw, err := s.write(acc, d, to, parent)
	if err != nil {
		return fmt.Errorf("mail: writing a message: %w", err)
	}
	client, err := smtp.Dial(s.SMTPAddr())
	if err != nil {
		return fmt.Errorf("mail: sending: %w", err)
	}
	defer client.Close() //nolint:errcheck // after Quit there is nothing to close
	client.CommandTimeout, client.SubmissionTimeout = 10*time.Second, 20*time.Second
	if err := client.Auth(sasl.NewPlainClient("", acc.Address, acc.Password)); err != nil {
		return fmt.Errorf("mail: sending: %w", err)
	}
	recipients := make([]string, len(to))
	for i, a := range to {
		recipients[i] = a.Address
	}
	if err := client.SendMail(acc.Address, recipients, bytes.NewReader(raw)); err != nil {
		return fmt.Errorf("mail: sending: %w", err)
	}
	// Accepted: from here on nothing may look like a failure to send.
	_ = client.Quit()
	if err := s.keep(acc, raw); err != nil {
		s.opts.Logger.Error("mail: a sent message is not kept", "error", err)
	}
	return nil
}

// write returns the message: plain text in UTF-8, with the fields of RFC 5322
// §3.6.4 that put it in its thread.
func (s *Server) write(acc *account, d draft, to []*mail.Address, parent *Message) ([]byte, error) {
	var h mail.Header
	h.SetDate(s.opts.Now().In(s.opts.Location))
	h.SetAddressList("From", []*mail.Address{{Name: acc.Name, Address: acc.Address}})
	h.SetAddressList("To", to)
	h.SetSubject(strings.Join(strings.Fields(d.Subject), " "))
	if err := h.GenerateMessageIDWithHostname(domain(acc.Address)); err != nil {
		return nil, err
	}
	if parent != nil {
		if v := readHeaders(*parent); v.MessageID != "" {
			h.SetMsgIDList("In-Reply-To", []string{v.MessageID})
			h.SetMsgIDList("References", references(v))
		}
	}
	h.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	var raw bytes.Buffer
	w, err := mail.CreateSingleInlineWriter(&raw, h)
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(w, strings.ReplaceAll(d.Body, "\r\n", "\n")); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return raw.Bytes(), nil
}

// references are those of an answer to v: its own then itself. A long thread
// keeps the first and the last ones.
func references(v view) []string {
	const most = 20
	var ids []string
	for _, id := range v.References {
		if id != v.MessageID {
			ids = append(ids, id)
		}
	}
	if len(ids) >= most {
		ids = append(ids[:1:1], ids[len(ids)-most+2:]...)
	}
	return append(ids, v.MessageID)
}

func formatAddresses(list []*mail.Address) string {
	var out []string
	for _, a := range list {
		if a.Address == "" {
			continue
		}
		if a.Name == "" {
			out = append(out, a.Address)
		} else {
			// Not Address.String, which encodes accents for the wire.
			out = append(out, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.Name)+`" <`+a.Address+">")
		}
	}
	return strings.Join(out, ", ")
}

// displayNames is how people name the addresses of a field.
func displayNames(list []*mail.Address) string {
	var out []string
	for _, a := range list {
		switch {
		case a.Name == "":
			out = append(out, a.Address)
		case a.Address == "":
			out = append(out, a.Name)
		default:
			out = append(out, a.Name+" <"+a.Address+">")
		}
	}
	return strings.Join(out, ", ")
}
