// Package dovecottest gives a test a real Dovecot of its own.
package dovecottest

import (
	"context"
	"testing"

	"cecoia.example/deploy/local/dovecot"
)

// New starts a Dovecot for this test, and stops it at its end.
func New(t testing.TB, o dovecot.Options) *dovecot.Server {
	t.Helper()
	server, err := dovecot.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("dovecottest.New: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Errorf("dovecottest: %v", err)
		}
	})
	return server
}
