package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cecoia.example/tickets"
)

func mailHouse(s settings) house {
	h := house{settings: s, log: slog.New(slog.DiscardHandler)}
	for _, id := range []tickets.AcademyID{"creteil", "paris"} {
		h.academies = append(h.academies, tickets.Academy{ID: id, NoReply: "no-reply@" + string(id) + ".example"})
	}
	return h
}

func dkimKey(t *testing.T) []byte {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestEachAcademyHasItsOwnMailAccount(t *testing.T) {
	t.Setenv("CECOIA_SMTP_URL_PARIS", "smtps://paris:secret@mx.paris.example")
	accounts, err := mailHouse(settings{SMTPURL: "smtp://commun:secret@mx.example"}).mailAccounts()
	if err != nil {
		t.Fatal(err)
	}
	if accounts["creteil"].URL != "smtp://commun:secret@mx.example" || accounts["paris"].URL != "smtps://paris:secret@mx.paris.example" || accounts["paris"].DKIM != nil {
		t.Errorf("%+v", accounts)
	}
	t.Setenv("CECOIA_SMTP_URL_PARIS", "smtp://paris:secret@mx.paris.example?tls=none")
	if _, err := mailHouse(settings{}).mailAccounts(); err == nil || !strings.Contains(err.Error(), "paris") || strings.Contains(err.Error(), "secret") {
		t.Errorf("a password in the clear: %v", err)
	}
}

// Whatever renews the token writes it to its file: it is not of the start.
func TestTheMailTokenIsReadAnew(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	write := func(token string) {
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("CECOIA_SMTP_TOKEN_FILE", file)
	write("first")
	accounts, err := mailHouse(settings{SMTPURL: "smtp://u@mx.example"}).mailAccounts()
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"first", "second"} {
		write(token)
		if got, err := accounts["creteil"].Token(); err != nil || got != token {
			t.Errorf("%q, %v", got, err)
		}
	}
	t.Setenv("CECOIA_SMTP_TOKEN_PARIS", "its own")
	if got, err := accounts["paris"].Token(); err != nil || got != "its own" {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("CECOIA_SMTP_TOKEN_FILE", file+".gone")
	if _, err := accounts["creteil"].Token(); err == nil {
		t.Error("a token that is not there")
	}
}

func TestDKIMIsSetForAnAcademy(t *testing.T) {
	file := filepath.Join(t.TempDir(), "dkim.pem")
	if err := os.WriteFile(file, dkimKey(t), 0o640); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CECOIA_DKIM_KEY_PARIS_FILE", file)
	t.Setenv("CECOIA_DKIM_SELECTOR_PARIS", "cecoia")
	h := mailHouse(settings{SMTPURL: "smtp://mx.example"})
	accounts, err := h.mailAccounts()
	if err != nil || accounts["paris"].DKIM == nil || accounts["creteil"].DKIM != nil {
		t.Errorf("%v, %+v", err, accounts)
	}

	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := h.mailAccounts(); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("everybody may read the key: %v", err)
	}
	t.Setenv("CECOIA_DKIM_KEY_PARIS_FILE", "")
	if _, err := h.mailAccounts(); err == nil || !strings.Contains(err.Error(), "go together") {
		t.Errorf("a selector without a key: %v", err)
	}
	t.Setenv("CECOIA_DKIM_KEY_PARIS", "no key")
	if _, err := h.mailAccounts(); err == nil || !strings.Contains(err.Error(), "PEM") || !strings.Contains(err.Error(), "paris") {
		t.Errorf("what is no key: %v", err)
	}
}

// A private authority's servers are believed beside those that the system knows;
// a file without any certificate is a mistake, told at the start.
func TestAPrivateAuthorityIsBelieved(t *testing.T) {
	dir := t.TempDir()
	authority, key := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, authority, key, "imap.creteil.example")
	config, err := settings{MailCA: authority}.mailTLS()
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(authority, key)
	if err != nil {
		t.Fatal(err)
	}
	verify := func(c *tls.Config) error {
		_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: "imap.creteil.example", Roots: c.RootCAs})
		return err
	}
	if err := verify(config); err != nil {
		t.Error(err)
	}
	system, err1 := settings{}.mailTLS()
	known, err2 := x509.SystemCertPool()
	if err := errors.Join(err1, err2); err != nil || system.RootCAs != nil || verify(system) == nil {
		t.Errorf("without the setting: %v", err)
	}
	if pem, err := os.ReadFile(authority); err != nil || !known.AppendCertsFromPEM(pem) || !known.Equal(config.RootCAs) {
		t.Errorf("those that the system knows are believed no more: %v", err)
	}
	for _, wrong := range []string{key, filepath.Join(dir, "gone.pem")} {
		if _, err := (settings{MailCA: wrong}).mailTLS(); err == nil || !strings.Contains(err.Error(), "CECOIA_MAIL_CA") || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestTheMailSettingsAreExplained(t *testing.T) {
	var out bytes.Buffer
	if code := run(t.Context(), []string{"help", "config"}, &out, &out); code != 0 {
		t.Fatalf("code %d: %s", code, out.String())
	}
	for _, want := range []string{
		"CECOIA_SMTP_TOKEN (secret) (per academy)", "CECOIA_DKIM_KEY (secret) (per academy)", "CECOIA_DKIM_SELECTOR (per academy)", "CECOIA_SEND_AT_ONCE = 8",
		"auth=plain, login or xoauth2", "connections=4", "per_minute=600", "tls=none",
		"CECOIA_MAIL_CA\n", "CECOIA_SMTP_NAME\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in the help", want)
		}
	}
}
