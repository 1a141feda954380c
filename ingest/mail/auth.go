package mail

import (
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-msgauth/authres"
	"golang.org/x/net/publicsuffix"
)

// Authentication is what the site's own mail server says of a sender.
type Authentication string

// The answers. Unchecked means that no Authentication-Results of that server is
// there at all.
const (
	Authenticated   Authentication = "authenticated"
	Unauthenticated Authentication = "unauthenticated"
	Unchecked       Authentication = "unchecked"
)

// authenticate reads the topmost Authentication-Results (RFC 8601) that our own
// server added: servID is its authserv-id. Only the topmost counts: the server
// adds above what came with the mail, so any other may be forged. The sender is
// authenticated by dmarc=pass, or by an spf or dkim pass aligned with the
// author's domain.
func authenticate(h message.Header, servID, authorDomain string) Authentication {
	if servID == "" || authorDomain == "" {
		return Unchecked
	}
	for _, v := range h.Values("Authentication-Results") {
		parts := strings.Split(flatten(v), ";")
		// The identifier may be followed by a version.
		id, _, _ := strings.Cut(strings.TrimSpace(parts[0]), " ")
		if !strings.EqualFold(strings.Trim(id, `"`), servID) {
			continue
		}
		for _, part := range parts[1:] {
			if vouches(part, authorDomain) {
				return Authenticated
			}
		}
		return Unauthenticated
	}
	return Unchecked
}

// vouches says whether one result authenticates the author's domain.
func vouches(part, authorDomain string) bool {
	_, results, err := authres.Parse("x;" + part)
	if err != nil || len(results) != 1 {
		return false
	}
	switch r := results[0].(type) {
	case *authres.DMARCResult:
		return r.Value == authres.ResultPass && (r.From == "" || strings.EqualFold(domainOf(r.From), authorDomain))
	case *authres.SPFResult:
		return r.Value == authres.ResultPass && aligned(domainOf(r.From), authorDomain)
	case *authres.DKIMResult:
		signer := r.Domain
		if signer == "" {
			signer = r.Identifier
		}
		return r.Value == authres.ResultPass && aligned(domainOf(signer), authorDomain)
	}
	return false
}

// flatten makes a field safe to split at semicolons and spaces: comments are
// left out, and what a quoted string holds can no longer be taken for syntax.
func flatten(v string) string {
	var out strings.Builder
	quoted := false
	s := stripComments(v)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			i++
			out.WriteByte('_')
			continue
		case c == '"':
			quoted = !quoted
			continue
		case quoted && (c == ';' || c == '=' || c <= ' '):
			c = '_'
		}
		out.WriteByte(c)
	}
	// authres reads "dkim = pass" as three words.
	return equals.Replace(out.String())
}

var equals = strings.NewReplacer(" = ", "=", " =", "=", "= ", "=", "\t", " ")

// domainOf returns the domain of an address or of a bare domain, lower case.
func domainOf(s string) string {
	return strings.ToLower(strings.TrimSuffix(s[strings.LastIndexByte(s, '@')+1:], "."))
}

// aligned says whether two domains are of one organisation: relaxed alignment
// (RFC 7489, section 3.1) over the public suffix list.
func aligned(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if strings.EqualFold(a, b) {
		return true
	}
	orgA, errA := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(a))
	orgB, errB := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(b))
	return errA == nil && errB == nil && orgA == orgB
}
