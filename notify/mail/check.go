package mail

import (
	"context"
	"fmt"
)

// Check proves that an account's server takes mails of ours, up to the first: it
// connects as the account says, signs in, and says goodbye.
func (m *Mailer) Check(ctx context.Context, a Account) error {
	s, err := m.server(a)
	if err != nil {
		return err
	}
	c, err := s.dial(ctx)
	if err != nil {
		return fmt.Errorf("mail server %s: %w", s.endpoint.addr, err)
	}
	quit(c)
	return nil
}
