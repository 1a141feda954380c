package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	ingestmail "cecoia.example/ingest/mail"
	"cecoia.example/tickets"
)

// smtpd wires the SMTP listener that refuses replies within their session; nil
// where it is off. It listens already: mails that come before it runs wait.
func (h house) smtpd(ctx context.Context) (func(context.Context) error, error) {
	if h.SMTPDAddr == "" {
		return nil, nil
	}
	if len(h.academies) == 0 {
		h.log.Warn("CECOIA_SMTPD_ADDR: nothing listens there, as no academy is known yet")
		return nil, nil
	}
	encryption, err := serverCertificate(h.SMTPDCert, h.SMTPDKey)
	if err != nil {
		return nil, err
	}
	ids := map[tickets.AcademyID]string{}
	for _, a := range h.academies {
		if ids[a.ID], err = h.forAcademy("CECOIA_AUTHSERV_ID", a.ID, h.AuthServID); err != nil {
			return nil, err
		}
	}
	name := h.SMTPDName
	if name == "" {
		if name, err = os.Hostname(); err != nil {
			return nil, fmt.Errorf("CECOIA_SMTPD_NAME: %w", err)
		}
	}
	listener, err := ingestmail.NewListener(ingestmail.ListenerOptions{
		Academies: h.academies, Desk: h.desk, Files: h.files, Keyring: h.keys, Portal: h.portal,
		AuthServID: func(a tickets.AcademyID) string { return ids[a] }, TrustParticipants: h.TrustParticipants,
		Allow: h.SMTPDAllow, Hostname: name, TLS: encryption,
		Logger: h.log.With("part", "smtpd"), Registerer: h.metrics,
	})
	if err != nil {
		return nil, err
	}
	on, err := listen(ctx, "CECOIA_SMTPD_ADDR", h.SMTPDAddr)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return listener.Serve(ctx, on) }, nil
}

// serverCertificate offers TLS with a certificate of these files, read anew for
// each connection so that it may be renewed; while they are unreadable it stays
// the last one. Without files there is no TLS.
func serverCertificate(certFile, keyFile string) (*tls.Config, error) {
	if certFile == "" && keyFile == "" {
		return nil, nil
	}
	if certFile == "" || keyFile == "" {
		return nil, errors.New("CECOIA_SMTPD_CERT and CECOIA_SMTPD_KEY go together")
	}
	var last atomic.Pointer[tls.Certificate]
	load := func() error {
		c, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err == nil {
			last.Store(&c)
		}
		return err
	}
	if err := load(); err != nil {
		return nil, fmt.Errorf("CECOIA_SMTPD_CERT, CECOIA_SMTPD_KEY: %w", err)
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			_ = load() // half renewed: the last one does
			return last.Load(), nil
		},
	}, nil
}
