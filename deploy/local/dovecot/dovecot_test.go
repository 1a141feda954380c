package dovecot_test

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"

	"cecoia.example/deploy/local/dovecot"
	"cecoia.example/deploy/local/dovecot/dovecottest"
	"cecoia.example/deploy/local/wait"
)

func TestMain(m *testing.M) { wait.Main(m) }

func TestAUserHasAMailbox(t *testing.T) {
	s := dovecottest.New(t, dovecot.Options{Users: map[string]string{"no-reply@creteil.example": `h"u nté\r2`}, Prefix: "INBOX.", Separator: "."})
	c, err := imapclient.DialInsecure(s.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("no-reply@creteil.example", "wrong").Wait(); err == nil {
		t.Error("signed in with a wrong password")
	}
	if err := c.Login("no-reply@creteil.example", `h"u nté\r2`).Wait(); err != nil {
		t.Fatal(err)
	}
	ns, err := c.Namespace().Wait()
	if err != nil || len(ns.Personal) != 1 || ns.Personal[0].Prefix != "INBOX." || ns.Personal[0].Delim != '.' {
		t.Errorf("namespace %+v, %v", ns, err)
	}
	if err := c.Create("INBOX.Refusés", nil).Wait(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(s.Mailbox("no-reply@creteil.example"), ".Refus&AOk-s")); err != nil {
		t.Error(err)
	}
}

func TestConnectionsAreEncrypted(t *testing.T) {
	s := dovecottest.New(t, dovecot.Options{Users: map[string]string{"u": "p"}, TLS: true})
	options := &imapclient.Options{TLSConfig: &tls.Config{RootCAs: s.Roots(), MinVersion: tls.VersionTLS12}}
	for addr, dial := range map[string]func(string, *imapclient.Options) (*imapclient.Client, error){
		s.Addr(): imapclient.DialStartTLS, s.TLSAddr(): imapclient.DialTLS,
	} {
		c, err := dial(addr, options)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Login("u", "p").Wait(); err != nil {
			t.Error(err)
		}
		c.Close()
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	temp := t.TempDir()
	if err := os.Chmod(filepath.Dir(temp), 0o711); err != nil { // another user passes through
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temp)
	s, err := dovecot.Start(t.Context(), dovecot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(temp, "*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestMissingErrorSaysHowToInstall(t *testing.T) {
	err := error(&dovecot.MissingError{})
	var missing *dovecot.MissingError
	if !errors.As(err, &missing) || err.Error() != "apt-get install -y --no-install-recommends dovecot-imapd" {
		t.Errorf("error %v", err)
	}
}
