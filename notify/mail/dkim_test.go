package mail

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"

	"cecoia.example/tickets"
)

func pemKey(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// verify says what is wrong with the message's one signature, by the public key
// that the domain publishes.
func verify(t *testing.T, message, name string, public crypto.PublicKey) error {
	t.Helper()
	record := "v=DKIM1; k=ed25519; p="
	if k, ok := public.(ed25519.PublicKey); ok {
		record += base64.StdEncoding.EncodeToString(k)
	} else {
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		record = "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
	}
	found, err := dkim.VerifyWithOptions(strings.NewReader(message), &dkim.VerifyOptions{LookupTXT: func(asked string) ([]string, error) {
		if asked != name {
			return nil, errors.New("nothing is published at " + asked)
		}
		return []string{record}, nil
	}})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d signatures, %v", len(found), err)
	}
	return found[0].Err
}

func TestMailsAreSignedForTheirDomain(t *testing.T) {
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	edPublic, edPrivate, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]struct {
		pem    []byte
		public crypto.PublicKey
	}{
		"RSA":         {pemKey(t, long), long.Public()},
		"RSA, PKCS 1": {pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(long)}), long.Public()},
		"Ed25519":     {pemKey(t, edPrivate), edPublic},
	} {
		t.Run(name, func(t *testing.T) {
			signer, err := NewSigner("creteil.example", "cecoia-2026", key.pem)
			if err != nil {
				t.Fatal(err)
			}
			p := newPeer(t, false)
			m := trusting(t, p, Account{URL: plain(p), DKIM: signer})
			n := notice(tickets.TemplateAsked, "fr", "Quel est le message ?\n.\n..")
			n.Thread = "premier@creteil.example"
			want(t, m.Send(t.Context(), n), tickets.Delivered)
			const published = "cecoia-2026._domainkey.creteil.example"
			if err := verify(t, p.got[0], published, key.public); err != nil {
				t.Errorf("as it arrived: %v", err)
			}
			for what, change := range map[string][2]string{
				"the words":            {"pr=C3=A9cisions", "promesses"},
				"the sender":           {"From: ", "From: Attaquant, "},
				"a second From":        {"From: ", "From: a@b.example\r\nFrom: "},
				"a second subject":     {"Subject: ", "Subject: Virement\r\nSubject: "},
				"the address to reply": {"Reply-To: ", "Reply-To: a@b.example\r\nX-Was: "},
			} {
				forged := strings.Replace(p.got[0], change[0], change[1], 1)
				if forged == p.got[0] {
					t.Fatalf("%s: nothing to change", what)
				}
				if verify(t, forged, published, key.public) == nil {
					t.Errorf("%s can be changed", what)
				}
			}
		})
	}
}

func TestKeysThatSignNothing(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	good := pemKey(t, short)
	if _, err := NewSigner("creteil.example", "s", good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ domain, selector, key string }{
		"no domain":          {"", "s", string(good)},
		"a domain that lies": {"creteil.example; l=0", "s", string(good)},
		"no selector":        {"creteil.example", "", string(good)},
		"a path for a key":   {"creteil.example", "s", "/etc/dkim.pem"},
		"a certificate":      {"creteil.example", "s", strings.ReplaceAll(string(good), "PRIVATE KEY", "CERTIFICATE")[:80]},
		"half a key":         {"creteil.example", "s", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"},
	} {
		if _, err := NewSigner(c.domain, c.selector, []byte(c.key)); err == nil {
			t.Errorf("%s: it signs", name)
		} else if strings.Contains(err.Error(), "c2VjcmV0") {
			t.Errorf("%s: the error tells the key: %v", name, err)
		}
	}
}
