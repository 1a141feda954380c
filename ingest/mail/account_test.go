package mail

import (
	"strings"
	"testing"
)

func TestParseAccount(t *testing.T) {
	for _, c := range []struct{ url, address, folder, security string }{
		{"imaps://no-reply%40creteil.example:p%40ss@imap.creteil.example", "imap.creteil.example:993", "INBOX", "tls"},
		{"imap://u:p@imap.creteil.example/Support", "imap.creteil.example:143", "Support", "starttls"},
		{"imap://u:p@127.0.0.1:2143?tls=none", "127.0.0.1:2143", "INBOX", "none"},
		{"imap://u:p@[::1]:2143/?tls=starttls", "[::1]:2143", "INBOX", "starttls"},
	} {
		a, err := parseAccount(c.url)
		if err != nil || a.address != c.address || a.folder != c.folder || string(a.security) != c.security {
			t.Errorf("%s: %+v, %v", c.url, a, err)
		}
	}
	for _, url := range []string{
		"", "imap.creteil.example", "pop3://u:hunter2@x", "imaps://u:hunter2@x?tls=none", "imap://u:hunter2@x?tls=maybe",
		"imaps://u:hunter2@", "imaps://:hunter2@x", "imaps://u:hun/ter2@x", "imaps://u:hunter2%zz@x", "imaps://u:hunter2@x:port", "imaps://u:hunter2#@x",
	} {
		_, err := parseAccount(url)
		if err == nil || strings.Contains(err.Error(), "hun") {
			t.Errorf("%s: error %v", url, err)
		}
	}
}
