package mail

import (
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"

	"github.com/emersion/go-msgauth/dkim"
)

// Signer signs mails for a domain (DKIM, RFC 6376), for sites whose mail server
// does not.
type Signer struct{ options dkim.SignOptions }

// domainName is what may stand in d= and s=: labels of a host name, and _.
var domainName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

// NewSigner returns a signer of a domain by the private key whose public half is
// published at selector._domainkey.domain. The key is PEM (PKCS #8 or #1): RSA
// of 1024 bits at least (RFC 8301), or Ed25519 (RFC 8463). Errors do not repeat
// the key.
func NewSigner(domain, selector string, key []byte) (*Signer, error) {
	if !domainName.MatchString(domain) || !domainName.MatchString(selector) {
		return nil, fmt.Errorf("mail.NewSigner: %q and %q must be a domain and a selector", domain, selector)
	}
	block, _ := pem.Decode(key)
	if block == nil {
		return nil, errors.New("mail.NewSigner: the key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if parsed, err = x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
			return nil, errors.New("mail.NewSigner: the key is no private key of PKCS #8 or #1")
		}
	}
	private, ok := parsed.(crypto.Signer)
	if r, isRSA := parsed.(*rsa.PrivateKey); !ok || isRSA && r.N.BitLen() < 1024 {
		return nil, errors.New("mail.NewSigner: the key is too short, or cannot sign")
	}
	o := dkim.SignOptions{
		Domain: domain, Selector: selector, Signer: private,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: signedFields,
	}
	s := &Signer{o}
	if _, err := s.sign([]byte("From: a@b.example\r\n\r\n")); err != nil {
		return nil, fmt.Errorf("mail.NewSigner: %w", err)
	}
	return s, nil
}

// signedFields are signed where they are, and nobody may add one (RFC 6376
// section 5.4.2): each that a reader or a program goes by stands once more than
// the mail has it.
var signedFields = []string{
	"From", "From", "To", "To", "Subject", "Subject", "Date", "Date", "Reply-To", "Reply-To",
	"Message-Id", "Message-Id", "In-Reply-To", "In-Reply-To", "References", "References",
	"Mime-Version", "Mime-Version", "Content-Type", "Content-Type", "Content-Language",
	"Auto-Submitted", "X-Auto-Response-Suppress",
}

// sign returns the signature's field of a message, with its line end. It holds
// the time, so two of one message differ.
func (s *Signer) sign(message []byte) (string, error) {
	signer, err := dkim.NewSigner(&s.options)
	if err != nil {
		return "", err
	}
	defer func() { _ = signer.Close() }() // its goroutine ends, whatever happens
	if _, err := signer.Write(message); err != nil {
		return "", err
	}
	if err := signer.Close(); err != nil {
		return "", err
	}
	return signer.Signature(), nil
}
