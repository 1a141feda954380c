package mail

import (
	"bytes"
	"encoding/json"
	"mime"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// writeHeader writes the header of the whole message, with the empty line after
// it. The mail says of itself that a machine wrote it and that none may answer
// (RFC 3834; Exchange's X-Auto-Response-Suppress); no Precedence and no List-…
// fields: it is neither bulk nor a list's.
func writeHeader(b *bytes.Buffer, n tickets.Notice, l letter, to *netmail.Address, id string, keys *tickets.Keyring) {
	replyTo := n.Academy.NoReply
	if n.Case.ID != uuid.Nil {
		replyTo = tickets.WithToken(replyTo, keys.ReplyToken(n.Academy.ID, n.Case.ID))
	}
	automatic, replied, thread := "auto-generated", n.Thread, []string{n.Thread}
	if n.Template == tickets.TemplateGuidance {
		automatic = "auto-replied"
		replied, thread = guidanceThread(n)
	}
	writeField(b, "From", address(netmail.Address{Name: n.Academy.Name, Address: n.Academy.NoReply}))
	writeField(b, "To", address(*to))
	writeField(b, "Reply-To", address(netmail.Address{Address: replyTo}))
	writeField(b, "Subject", l.encodedSubject())
	writeField(b, "Date", n.CreatedAt.In(n.Academy.Location()).Format(time.RFC1123Z))
	writeField(b, "Message-ID", "<"+id+">")
	writeField(b, "In-Reply-To", msgIDs(replied))
	writeField(b, "References", msgIDs(thread...))
	writeField(b, "Auto-Submitted", automatic)
	writeField(b, "X-Auto-Response-Suppress", "All")
	writeField(b, tickets.LoopHeader, string(n.Academy.ID))
	// "Pourquoi ce message ?": the delivery leads to its event and its rule. The
	// rule's name would tell what happened to a private ticket.
	writeField(b, "X-Cecoia-Delivery", n.ID.String())
	if !l.revealsNothing {
		writeField(b, "X-Cecoia-Rule", mime.QEncoding.Encode("utf-8", headerWords(strings.Join(l.Rules, ", "))))
	}
	writeField(b, "Content-Language", string(l.Lang))
	writeField(b, "MIME-Version", "1.0")
	writeField(b, "Content-Type", `multipart/alternative; boundary="`+boundary(n)+`"`)
	b.WriteString("\r\n")
}

// longestHeaderLine is that of RFC 2047 section 2, in bytes.
const longestHeaderLine = 76

// writeField writes a field of one line or more, folded at spaces; one without a
// value is left out. What may not stand in a header is the caller's to encode:
// here it is dropped.
func writeField(b *bytes.Buffer, name, value string) {
	if value == "" {
		return
	}
	b.WriteString(name + ":")
	length := len(name) + 1
	for word := range strings.FieldsSeq(value) {
		if length+1+len(word) > longestHeaderLine && length > len(name)+1 {
			b.WriteString("\r\n")
			length = 0
		}
		b.WriteByte(' ')
		for i := range len(word) {
			if c := word[i]; c > ' ' && c != 0x7f {
				b.WriteByte(c)
			}
		}
		length += 1 + len(word)
	}
	b.WriteString("\r\n")
}

// address writes an address with its display name (RFC 5322 section 3.4).
func address(a netmail.Address) string {
	a.Name = headerWords(a.Name)
	return a.String()
}

// headerWords are somebody's words on one line, and none that a reader would
// take for encoded ones.
func headerWords(s string) string { return strings.ReplaceAll(oneLine(s), "=?", "= ?") }

// encodedSubject returns the subject with the number in the clear, whatever the
// words after it need (RFC 2047): logs and simple filters read it too.
func (l letter) encodedSubject() string {
	number, what, ok := strings.Cut(headerWords(l.Subject), "] ")
	if !ok {
		return mime.QEncoding.Encode("utf-8", number)
	}
	return number + "] " + mime.QEncoding.Encode("utf-8", what)
}

// guidanceThread puts the answer under the refused reply (RFC 5322 section
// 3.6.4). Of a long history the latest ids are kept.
func guidanceThread(n tickets.Notice) (replied string, thread []string) {
	var g tickets.Guidance
	if json.Unmarshal(n.Data, &g) != nil {
		return "", nil // write has said so
	}
	const longestHistory = 20
	return g.MessageID, append(g.References[max(0, len(g.References)-longestHistory):], g.MessageID)
}

// msgIDs writes a list of message ids, leaving out what is none: they may come
// from outside.
func msgIDs(ids ...string) string {
	var kept []string
	for _, id := range ids {
		if id != "" && len(id) <= 250 && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) {
			kept = append(kept, "<"+id+">")
		}
	}
	return strings.Join(kept, " ")
}
