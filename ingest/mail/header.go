package mail

import (
	"net/mail"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
)

// stripComments leaves out comments (RFC 5322, section 3.2.2), nested ones too;
// each becomes a space. Quoted strings are kept.
func stripComments(s string) string {
	if !strings.ContainsRune(s, '(') {
		return s
	}
	var out strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			if depth == 0 {
				out.WriteString(s[i : i+2])
			}
			i++
			continue
		case c == '"' && depth == 0:
			quoted = !quoted
		case c == '(' && !quoted:
			depth++
			continue
		case c == ')' && !quoted && depth > 0:
			if depth--; depth == 0 {
				out.WriteByte(' ')
			}
			continue
		}
		if depth == 0 {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// token returns the value of a structured field in lower case, without comments,
// parameters and quotes: "No; x=y (z)" is "no".
func token(v string) string {
	v, _, _ = strings.Cut(stripComments(v), ";")
	return strings.ToLower(strings.Trim(strings.TrimSpace(v), `"`))
}

// The longest parts of an address (RFC 5321, section 4.5.3.1), in bytes.
const (
	maxLocal  = 64
	maxDomain = 255
)

// inAddress says whether a byte may stand in an address without quotes.
func inAddress(c byte) bool {
	switch c {
	case '<', '>', '(', ')', '[', ']', ',', ';', ':', '"', '@', '\\', 0x7f:
		return false
	}
	return c > ' '
}

// scanAddresses returns every address in a value, in lower case, where a strict
// parser would give up: in a broken list one good address still counts.
func scanAddresses(v string) []string {
	var found []string
	for at := 0; len(found) < 1000; at++ {
		i := strings.IndexByte(v[at:], '@')
		if i < 0 {
			break
		}
		at += i
		start, end := at, at+1
		for start > 0 && at-start <= maxLocal && inAddress(v[start-1]) {
			start--
		}
		for end < len(v) && end-at <= maxDomain+1 && inAddress(v[end]) {
			end++
		}
		if a := plausible(strings.TrimRight(v[start:end], ".")); a != "" {
			found = append(found, a)
		}
	}
	return found
}

// plausible returns the address in lower case if it is one that can be written
// to and kept, else "".
func plausible(address string) string {
	address = strings.TrimSpace(address)
	at := strings.LastIndexByte(address, '@')
	if at < 1 || at > maxLocal || at == len(address)-1 || len(address)-at-1 > maxDomain || !utf8.ValidString(address) {
		return ""
	}
	for i := range len(address) {
		if i != at && !inAddress(address[i]) {
			return ""
		}
	}
	return strings.ToLower(address)
}

// strict parses addresses as RFC 5322 writes them, whatever the charset of the
// names.
var strict = mail.AddressParser{WordDecoder: &words}

// maxFrom bounds what is parsed of a From field, in bytes.
const maxFrom = 8 << 10

// author returns the one address of the From fields in lower case, or "" when
// there is none, several, or nothing readable.
func author(h message.Header) string {
	from := h.Values("From")
	if len(from) != 1 || len(from[0]) > maxFrom {
		return ""
	}
	if list, err := strict.ParseList(from[0]); err == nil {
		if len(list) != 1 {
			return ""
		}
		return plausible(list[0].Address)
	}
	// Malformed: an address in angle brackets, alone, is still beyond doubt.
	_, rest, ok := strings.Cut(from[0], "<")
	address, after, closed := strings.Cut(rest, ">")
	if !ok || !closed || strings.ContainsAny(after, "<@") {
		return ""
	}
	return plausible(address)
}

// senders returns every address that stands for whoever sent the mail.
func senders(h message.Header) []string {
	var out []string
	for _, name := range []string{"From", "Sender", "Return-Path"} {
		for _, v := range h.Values(name) {
			out = append(out, scanAddresses(v)...)
			// What is no address still may name a daemon.
			if !strings.Contains(v, "@") {
				out = append(out, strings.ToLower(strings.Trim(stripComments(v), " \t<>")))
			}
		}
	}
	return out
}

// returnPath returns the envelope sender as the last server recorded it: empty
// is a bounce's. present is false when there is no such field, or none that can
// be read.
func returnPath(h message.Header) (address string, present bool) {
	values := h.Values("Return-Path")
	if len(values) == 0 {
		return "", false
	}
	v := strings.Join(strings.Fields(stripComments(values[0])), "")
	if v == "<>" {
		return "", true
	}
	address = plausible(strings.Trim(v, "<>"))
	return address, address != ""
}

// split returns the local part and the domain of an address.
func split(address string) (local, domain string) {
	if at := strings.LastIndexByte(address, '@'); at >= 0 {
		return address[:at], address[at+1:]
	}
	return address, ""
}

// The longest identifier that is kept, and how many of one value, at most.
const (
	maxID  = 250
	maxIDs = 1000
)

// messageIDs returns the identifiers in a value, without angle brackets, in
// order. It takes what mailers write (no @ within, several glued together, no
// brackets at all) but never what could break a header or is absurdly long.
func messageIDs(v string) []string {
	var ids []string
	for rest := v; len(ids) < maxIDs; {
		end := strings.IndexByte(rest, '>')
		if end < 0 {
			break
		}
		start := strings.LastIndexByte(rest[:end], '<')
		if start >= 0 {
			if id := rest[start+1 : end]; isID(id) {
				ids = append(ids, id)
			}
		}
		rest = rest[end+1:]
	}
	if len(ids) > 0 {
		return ids
	}
	for _, s := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == '<' || r == '>' || r <= ' ' }) {
		if strings.Contains(s, "@") && isID(s) && len(ids) < maxIDs {
			ids = append(ids, s)
		}
	}
	return ids
}

// isID says whether an identifier is one to keep.
func isID(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxID
}

// firstID returns the first identifier of a field, "" when there is none.
func firstID(h message.Header, name string) string {
	for _, v := range h.Values(name) {
		if ids := messageIDs(v); len(ids) > 0 {
			return ids[0]
		}
	}
	return ""
}
