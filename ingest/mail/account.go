package mail

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// security is how the connection is protected.
type security string

const (
	implicitTLS security = "tls"      // imaps://
	startTLS    security = "starttls" // imap://, or imap://…?tls=starttls
	plaintext   security = "none"     // imap://…?tls=none, for loopback only in all reason
)

// account is a mailbox and how to get at it.
type account struct {
	address  string // host:port
	host     string
	user     string
	password string
	folder   string
	security security
}

// name identifies the mailbox in what is recorded: no password.
func (a account) name() string { return a.user + "@" + a.host + "/" + a.folder }

// parseAccount reads imaps://user:password@host[:port][/folder], or imap://… for
// STARTTLS, or imap://…?tls=none for no protection at all. Its errors hold no
// password.
func parseAccount(s string) (account, error) {
	u, err := url.Parse(s)
	if err != nil {
		var e *url.Error
		if errors.As(err, &e) {
			err = e.Err // the rest repeats the URL
		}
		if strings.Contains(err.Error(), "invalid userinfo") || strings.Contains(err.Error(), "invalid port") {
			err = errors.New("special characters in the user or the password must be percent-encoded")
		}
		return account{}, fmt.Errorf("mail: the mailbox's URL: %w", err)
	}
	a := account{host: u.Hostname(), user: u.User.Username(), folder: strings.Trim(u.Path, "/")}
	a.password, _ = u.User.Password()
	if a.folder == "" {
		a.folder = "INBOX"
	}
	port := "143"
	switch mode := u.Query().Get("tls"); {
	case u.Scheme == "imaps" && mode == "":
		a.security, port = implicitTLS, "993"
	case u.Scheme == "imap" && (mode == "" || mode == "starttls"):
		a.security = startTLS
	case u.Scheme == "imap" && mode == "none":
		a.security = plaintext
	default:
		return account{}, errors.New("mail: the mailbox's URL must be imaps://…, imap://… or imap://…?tls=none")
	}
	if u.Port() != "" {
		port = u.Port()
	}
	if a.host == "" || a.user == "" {
		return account{}, errors.New("mail: the mailbox's URL needs a user and a host")
	}
	a.address = net.JoinHostPort(a.host, port)
	return a, nil
}
