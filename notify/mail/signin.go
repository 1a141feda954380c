package mail

import (
	"errors"
	"fmt"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// signIn proves to the server who we are, when the endpoint names a user: by the
// mechanism that the URL asks for, else by the one that fits what we have and
// the server takes. XOAUTH2 is chosen when there is a token, LOGIN when the
// server takes no PLAIN.
func (s *server) signIn(c *smtp.Client) error {
	e := s.endpoint
	if e.username == "" {
		return nil
	}
	token, err := s.token()
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	mechanism := e.mechanism
	if mechanism == "" {
		switch {
		case token != "":
			mechanism = "xoauth2"
		case !c.SupportsAuth(sasl.Plain) && c.SupportsAuth(sasl.Login):
			mechanism = "login"
		default:
			mechanism = "plain"
		}
	}
	switch mechanism {
	case "xoauth2":
		if token == "" {
			return errors.New("auth=xoauth2 needs a token, and none is set")
		}
		return c.Auth(xoauth2{e.username, token})
	case "login":
		return c.Auth(&login{answers: []string{e.username, e.password}})
	}
	return c.Auth(sasl.NewPlainClient("", e.username, e.password))
}

// token returns the account's access token as it is now: they live an hour or
// so, and something outside renews them.
func (s *server) token() (string, error) {
	if s.account.Token == nil {
		return "", nil
	}
	return s.account.Token()
}

// xoauth2 is the mechanism of Google and Microsoft that came before RFC 7628:
// https://developers.google.com/workspace/gmail/imap/xoauth2-protocol.
type xoauth2 struct{ username, token string }

// Start gives the user and the token at once.
func (x xoauth2) Start() (mechanism string, initial []byte, err error) {
	return "XOAUTH2", []byte("user=" + x.username + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the only challenge there is, which tells why the token is
// refused: the refusal itself follows.
func (xoauth2) Next([]byte) ([]byte, error) { return []byte{}, nil }

// login is the mechanism of servers without PLAIN. They ask for the name, then
// for the password, in words of their own, and some take no answer beforehand;
// so that of go-sasl, which gives one and reads the words, does not do.
type login struct{ answers []string }

// Start says nothing yet.
func (*login) Start() (mechanism string, initial []byte, err error) { return sasl.Login, nil, nil }

// Next gives the name, then the password.
func (l *login) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}
