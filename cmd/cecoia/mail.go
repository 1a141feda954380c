package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"

	ingestmail "cecoia.example/ingest/mail"
	notifymail "cecoia.example/notify/mail"
	"cecoia.example/tickets"
)

// mailAccounts returns how each academy's mail leaves; those without a server
// are not in it.
func (h house) mailAccounts() (map[tickets.AcademyID]notifymail.Account, error) {
	accounts := map[tickets.AcademyID]notifymail.Account{}
	for _, a := range h.academies {
		server, err := h.forAcademy("CECOIA_SMTP_URL", a.ID, h.SMTPURL)
		if err != nil {
			return nil, err
		}
		if server == "" {
			continue
		}
		if err := notifymail.CheckServer(server); err != nil {
			return nil, fmt.Errorf("CECOIA_SMTP_URL of %s: %w", a.ID, err)
		}
		signer, err := h.dkim(a)
		if err != nil {
			return nil, fmt.Errorf("CECOIA_DKIM_… of %s: %w", a.ID, err)
		}
		accounts[a.ID] = notifymail.Account{URL: server, DKIM: signer, Token: func() (string, error) { return h.smtpToken(a.ID) }}
	}
	return accounts, nil
}

// mailTLS returns by whom mail servers are certified: whom the system knows, and
// the authorities of CECOIA_MAIL_CA.
func (s settings) mailTLS() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.MailCA == "" {
		return config, nil
	}
	authorities, err := os.ReadFile(s.MailCA)
	if err != nil {
		return nil, fmt.Errorf("CECOIA_MAIL_CA: %w", err)
	}
	if config.RootCAs, err = x509.SystemCertPool(); err != nil {
		return nil, fmt.Errorf("CECOIA_MAIL_CA: %w", err)
	}
	if !config.RootCAs.AppendCertsFromPEM(authorities) {
		return nil, fmt.Errorf("CECOIA_MAIL_CA: %s holds no certificate as PEM", s.MailCA)
	}
	return config, nil
}

// smtpToken returns the academy's access token, its file read anew.
func (s settings) smtpToken(academy tickets.AcademyID) (string, error) {
	const variable = "CECOIA_SMTP_TOKEN"
	common := s.SMTPToken
	if common == "" {
		var err error
		if common, err = fileSecret(variable); err != nil {
			return "", err
		}
	}
	return s.forAcademy(variable, academy, common)
}

// dkim returns what signs the academy's mails, nil when nothing does.
func (s settings) dkim(a tickets.Academy) (*notifymail.Signer, error) {
	const variable = "CECOIA_DKIM_KEY"
	selector, err1 := s.forAcademy("CECOIA_DKIM_SELECTOR", a.ID, s.DKIMSelector)
	domain, err2 := s.forAcademy("CECOIA_DKIM_DOMAIN", a.ID, s.DKIMDomain)
	key, err3 := s.forAcademy(variable, a.ID, s.DKIMKey)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	switch {
	case selector == "" && key == "":
		return nil, nil
	case selector == "" || key == "":
		return nil, errors.New("a selector and a key go together")
	}
	for _, v := range []string{academyVariable(variable, a.ID), variable} {
		if err := forUsAlone(os.Getenv(v + "_FILE")); err != nil {
			return nil, err
		}
	}
	if domain == "" {
		domain = a.MailDomain()
	}
	return notifymail.NewSigner(domain, selector, []byte(key))
}

// forUsAlone refuses a key that any user of the machine can read: with it they
// write in the academy's name, and nobody can tell. Its group may read it.
func forUsAlone(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path) //nolint:gosec // the administrator's own path
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o007 != 0 {
		return fmt.Errorf("%s is open to every user of this machine, and so is worth nothing: chmod o= (in Kubernetes, defaultMode: 0440)", path)
	}
	return nil
}

// refused takes into account that a mail server knows no such address, as if it
// had said so in a report.
func (h house) refused(ctx context.Context, b tickets.Bounce) {
	desk := tickets.NewDesk(tickets.Options{Store: h.db}) // the notifier is wired before the house's own
	outcome, err := desk.MailBounced(ctx, b)
	h.log.Info("mail: refused in our session", "part", "mail", "academy", b.Academy, "delivery", b.Delivery,
		"status", b.Status, "outcome", outcome, "error", err)
}

// mailboxes wires the readers of each academy's mailboxes: that of its no-reply
// address and that of its bounce address, where they are set.
func (h house) mailboxes(log *slog.Logger) (runs []func(context.Context) error, err error) {
	encryption, err := h.mailTLS()
	if err != nil {
		return nil, err
	}
	for _, a := range h.academies {
		authServID, err := h.forAcademy("CECOIA_AUTHSERV_ID", a.ID, h.AuthServID)
		if err != nil {
			return nil, err
		}
		for _, box := range []struct {
			variable, common string
			bounces          bool
		}{
			{"CECOIA_IMAP_URL", h.IMAPURL, false},
			{"CECOIA_BOUNCE_IMAP_URL", h.BounceIMAPURL, true},
		} {
			url, err := h.forAcademy(box.variable, a.ID, box.common)
			if err != nil {
				return nil, err
			}
			if url == "" {
				continue
			}
			reader, err := ingestmail.New(ingestmail.Options{
				Academy: a, URL: url, Bounces: box.bounces, Desk: h.desk, Files: h.files, Keyring: h.keys, AuthServID: authServID,
				TrustParticipants: h.TrustParticipants, TLS: encryption, Now: h.now, Logger: log, Registerer: h.metrics,
			})
			if err != nil {
				return nil, fmt.Errorf("%s of %s: %w", box.variable, a.ID, err)
			}
			runs = append(runs, reader.Run)
		}
	}
	return runs, nil
}
