package postfix_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"cecoia.example/deploy/local/postfix"
)

// It greets, logs to us, and ends when told.
func TestStartAndClose(t *testing.T) {
	began := time.Now()
	s, err := postfix.Start(t.Context(), postfix.Options{Main: "myhostname = mx.example\n"})
	if errors.Is(err, postfix.ErrNotRoot) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("started within %s", time.Since(began))
	if len(s.Log()) == 0 {
		t.Error("it logs nothing")
	}
	began = time.Now()
	if err := s.Close(context.Background()); err != nil {
		t.Error(err)
	}
	t.Logf("ended within %s", time.Since(began))
	if c, err := net.DialTimeout("tcp", s.SMTPAddr(), time.Second); err == nil {
		c.Close()
		t.Error("it still answers")
	}
}
