package mail

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-msgauth/authres"
)

// An envelope is what the server knows of a message beside its bytes.
type envelope struct {
	authenticated bool   // by AUTH; its From was checked then
	trusted       bool   // by its network, see Options.TrustNetwork
	from          string // of MAIL, empty for a report
	headerFrom    string // empty when there is not exactly one
	helo          string
	client        string // address
	server        string // name, and authserv-id
	at            time.Time
}

// stamp returns the header fields that a delivering server puts on top:
// Return-Path (RFC 5321 §4.4), Delivered-To (RFC 9228) and X-Original-To with
// the recipient as it was given, Received, and Authentication-Results (RFC
// 8601), which is honest: only what our own user submitted passes.
func (e envelope) stamp(id, recipient string) []byte {
	with := "ESMTP"
	if e.authenticated {
		with = "ESMTPA"
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\n", e.from)
	fmt.Fprintf(&b, "Delivered-To: %s\r\n", recipient)
	fmt.Fprintf(&b, "X-Original-To: %s\r\n", recipient)
	fmt.Fprintf(&b, "Received: from %s ([%s])\r\n\tby %s with %s id %s\r\n\tfor <%s>; %s\r\n",
		printable(e.helo), e.client, e.server, with, id, recipient, e.at.Format(time.RFC1123Z))
	fmt.Fprintf(&b, "Authentication-Results: %s\r\n", authres.Format(e.server, e.results()))
	return b.Bytes()
}

// results are the verdicts of a server that trusts nobody but its own users,
// and whose users' domains all name it in their SPF records.
func (e envelope) results() []authres.Result {
	none := []authres.Result{
		&authres.SPFResult{Value: authres.ResultNone, From: e.from},
		&authres.DKIMResult{Value: authres.ResultNone},
		&authres.DMARCResult{Value: authres.ResultNone, From: domain(e.headerFrom)},
	}
	// Without an envelope sender SPF would judge the HELO name: it has no record.
	if !e.authenticated && !e.trusted || !strings.EqualFold(domain(e.from), domain(e.headerFrom)) {
		return none
	}
	return []authres.Result{
		&authres.SPFResult{Value: authres.ResultPass, From: e.from},
		&authres.DKIMResult{Value: authres.ResultNone},
		&authres.DMARCResult{Value: authres.ResultPass, From: domain(e.headerFrom)},
	}
}

func domain(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// printable keeps what a client calls itself from breaking a header field.
func printable(name string) string {
	name = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || strings.ContainsRune(`()<>\"`, r) {
			return '?'
		}
		return r
	}, name)
	return name[:min(len(name), 255)]
}

// header is what decides on a message's acceptance.
type header struct {
	from     string // address of the one From, empty otherwise
	received int    // number of Received fields
}

// readHeader reads as much as it can; a message without a readable header has
// no From.
func readHeader(raw []byte) header {
	entity, err := message.ReadWithOptions(bytes.NewReader(raw), &message.ReadOptions{MaxHeaderBytes: 256 << 10})
	if entity == nil || (err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err)) {
		return header{}
	}
	var h header
	for fields := entity.Header.FieldsByKey("Received"); fields.Next(); {
		h.received++
	}
	froms := entity.Header.FieldsByKey("From")
	if froms.Len() != 1 {
		return h
	}
	parsed := mail.Header{Header: entity.Header}
	if list, err := parsed.AddressList("From"); err == nil && len(list) == 1 {
		h.from = list[0].Address
	}
	return h
}

// withoutForgedFields removes the fields that only this server may put:
// Return-Path, and Authentication-Results in its name (RFC 8601 §5).
func withoutForgedFields(raw []byte, authservID string) []byte {
	kept := make([]byte, 0, len(raw))
	rest := raw
	dropping := false
	for len(rest) > 0 {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			end = len(rest)
		}
		line := rest[:end]
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break // the body begins
		}
		if line[0] != ' ' && line[0] != '\t' {
			dropping = forged(rest, authservID)
		}
		if !dropping {
			kept = append(kept, line...)
		}
		rest = rest[end:]
	}
	return append(kept, rest...)
}

// forged reports whether the field at the start of text is one that only this
// server may put.
func forged(text []byte, authservID string) bool {
	name, value, found := bytes.Cut(text[:min(len(text), 2048)], []byte(":"))
	if !found {
		return false
	}
	switch strings.ToLower(strings.TrimSpace(string(name))) {
	case "return-path":
		return true
	case "authentication-results":
		// The identity may follow on a folded line.
		identity := strings.FieldsFunc(string(value), func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' || r == ';' })
		return len(identity) == 0 || strings.EqualFold(identity[0], authservID)
	}
	return false
}
