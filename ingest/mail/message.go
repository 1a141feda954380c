package mail

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message"
)

// Message is what the door needs to know of a mail.
type Message struct {
	Header    message.Header
	MediaType string // of the whole mail

	ID         string   // Message-ID without angle brackets, "" when there is none
	InReplyTo  []string // identifiers, without angle brackets
	References []string // identifiers, oldest first
	Subject    string   // decoded, one line
	Author     string   // the one From address, lower case; "" when there is not exactly one
	Recipients []string // every address it was meant for or delivered to, lower case
	Senders    []string // every address, or name of a daemon, that stands for whoever sent it, lower case

	Documents bool // it has parts that are documents, pictures of its HTML among them

	Text  string   // what it says: its plain text, or its HTML as text; clean UTF-8
	Notes []string // what was mended or left out on the way, for the log
}

// recipientFields are where our own address may stand: what the author wrote,
// what a resend wrote, what the servers recorded.
var recipientFields = []string{
	"To", "Cc", "Resent-To", "Resent-Cc", "Resent-Bcc", "Delivered-To", "X-Original-To",
}

// Parse reads a mail. It fails only when r does: whatever its shape, a mail
// gives what can be read of it.
func Parse(r io.Reader, b Bounds, now func() time.Time) (Message, error) {
	var m Message
	texts := newSelection(b.Text)
	header, notes, err := walk(r, b, now, func(p Part) error {
		if _, ok := documentName(p); ok {
			m.Documents = true
		}
		return texts.add(p)
	})
	if err != nil {
		return Message{}, err
	}
	m.Header, m.Notes = header, notes
	m.MediaType, _ = contentType(header.Get("Content-Type"))
	m.ID = firstID(header, "Message-Id")
	for _, v := range header.Values("In-Reply-To") {
		m.InReplyTo = append(m.InReplyTo, messageIDs(v)...)
	}
	for _, v := range header.Values("References") {
		m.References = append(m.References, messageIDs(v)...)
	}
	m.Subject = decodeWords(header.Get("Subject"))
	m.Author = author(header)
	for _, name := range recipientFields {
		for _, v := range header.Values(name) {
			m.Recipients = append(m.Recipients, scanAddresses(v)...)
		}
	}
	m.Senders = senders(header)
	m.Text = texts.best()
	return m, nil
}

// maxTexts is how many text parts are read; maxSaid how many bytes of text, once
// it is all plain, are looked at for the author's words. The raw message keeps
// the rest.
const (
	maxTexts = 20
	maxSaid  = 128 << 10
)

// selection picks the text of a mail among its parts: in each alternative the
// plain text if it says anything, else the HTML; one after the other what is
// not an alternative.
type selection struct {
	left  int64 // bytes of text that may still be read
	texts []text
}

type text struct {
	alternative int
	html        bool // the words are HTML still: most of it is never read
	words       string
}

func newSelection(limit int64) *selection { return &selection{left: limit} }

// add is the walk's visitor.
func (s *selection) add(p Part) error {
	if p.Attached || len(s.texts) == maxTexts {
		return nil
	}
	html := p.MediaType == "text/html"
	switch {
	case html && s.said(p.Alternative):
		return nil
	case !html && (p.MediaType != "text/plain" || p.FileName != ""):
		return nil
	}
	raw, _ := io.ReadAll(io.LimitReader(p.Body, s.left)) // the walk tells of r's errors
	s.left -= int64(len(raw))
	words := decodeText(raw, p.Params["charset"])
	if !html && strings.EqualFold(p.Params["format"], "flowed") {
		words = unflow(words, strings.EqualFold(p.Params["delsp"], "yes"))
	}
	s.texts = append(s.texts, text{p.Alternative, html, words})
	return nil
}

// said says whether the plain text of an alternative says something.
func (s *selection) said(alternative int) bool {
	return alternative > 0 && slices.ContainsFunc(s.texts, func(t text) bool {
		return t.alternative == alternative && !t.html && strings.TrimSpace(t.words) != ""
	})
}

func (s *selection) best() string {
	var out []string
	for _, t := range s.texts {
		switch {
		case t.html && s.said(t.alternative):
			continue
		case t.html:
			t.words = htmlToText(t.words)
		}
		if words := strings.Trim(t.words, "\n"); strings.TrimSpace(words) != "" {
			out = append(out, words)
		}
	}
	return cutBytes(strings.Join(out, "\n\n"), maxSaid)
}

// unflow joins the lines that format=flowed (RFC 3676) broke softly.
func unflow(s string, delsp bool) string {
	var out strings.Builder
	soft, depth := false, 0
	for i, line := range strings.Split(s, "\n") {
		rest := strings.TrimLeft(line, ">")
		quotes := len(line) - len(rest)
		rest = strings.TrimPrefix(rest, " ") // space-stuffing
		switch {
		case i == 0:
		case soft && quotes == depth && rest != "-- ":
		default:
			soft = false
			out.WriteByte('\n')
		}
		if !soft && quotes > 0 {
			out.WriteString(strings.Repeat(">", quotes) + " ")
		}
		soft, depth = strings.HasSuffix(rest, " ") && rest != "-- ", quotes
		if soft && delsp {
			rest = rest[:len(rest)-1]
		}
		out.WriteString(rest)
	}
	return out.String()
}
