// Package postfixtest gives a test a Postfix of its own.
package postfixtest

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"cecoia.example/deploy/local/postfix"
)

// New starts a Postfix for this test, and ends it at its end; its log is shown
// when the test fails. Only root starts one: others skip the test, but not in
// CI, which must not pass without it.
func New(t testing.TB, o postfix.Options) *postfix.Server {
	t.Helper()
	s, err := postfix.Start(t.Context(), o)
	if errors.Is(err, postfix.ErrNotRoot) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("postfixtest.New: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Postfix:\n%s", strings.Join(s.Log(), "\n"))
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Errorf("postfixtest: %v", err)
		}
	})
	return s
}
