package mail

import (
	"context"
	"crypto/tls"
)

// Check proves that a mailbox can be read as [Worker.Run] reads it: it connects,
// signs in, and makes and selects the folders. The URL is as of Options; config
// as Options.TLS.
func Check(ctx context.Context, url string, config *tls.Config) error {
	a, err := parseAccount(url)
	if err != nil {
		return err
	}
	s, err := open(ctx, a, config, Timeouts{}.withDefaults())
	if err != nil {
		return err
	}
	s.close()
	return nil
}
