package postfix_test

import (
	"net"
	"testing"
	"time"

	"cecoia.example/deploy/local/postfix"
	"cecoia.example/deploy/local/postfix/postfixtest"
	"cecoia.example/deploy/local/wait"
)

// It greets, logs to us, and ends with the test that it is for.
func TestStartAndClose(t *testing.T) {
	addr := ""
	t.Run("runs", func(t *testing.T) {
		s := postfixtest.New(t, postfix.Options{Main: "myhostname = mx.example\n"})
		addr = s.SMTPAddr()
		wait.Until(t, "it logs that it started", func() bool { return len(s.Log()) > 0 })
	})
	if c, err := net.DialTimeout("tcp", addr, time.Second); addr != "" && err == nil {
		c.Close()
		t.Error("it still answers")
	}
}
