package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cecoia.example/tickets"
	"cecoia.example/tickets/files"
)

// writeCertificate writes a self-signed certificate of that name and its key.
func writeCertificate(t *testing.T, certFile, keyFile, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A renewed certificate is used at once, without a restart; half of one is not.
func TestTheListenersCertificateMayBeRenewed(t *testing.T) {
	certFile, keyFile := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	if _, err := serverCertificate(certFile, keyFile); err == nil || !strings.Contains(err.Error(), "CECOIA_SMTPD_CERT") {
		t.Errorf("without the files: %v", err)
	}
	if _, err := serverCertificate(certFile, ""); err == nil || !strings.Contains(err.Error(), "CECOIA_SMTPD_KEY") {
		t.Errorf("without a key: %v", err)
	}
	if c, err := serverCertificate("", ""); c != nil || err != nil {
		t.Errorf("off: %v, %v", c, err)
	}
	writeCertificate(t, certFile, keyFile, "one.example")
	config, err := serverCertificate(certFile, keyFile)
	if err != nil {
		t.Fatal(err)
	}
	name := func() string {
		c, err := config.GetCertificate(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		return c.Leaf.Subject.CommonName
	}
	if name() != "one.example" {
		t.Error(name())
	}
	writeCertificate(t, certFile, keyFile, "two.example")
	if name() != "two.example" {
		t.Error(name())
	}
	if err := os.WriteFile(keyFile, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if name() != "two.example" {
		t.Error(name())
	}
}

// Off by default; where nothing is known yet to listen for, it says so and the
// rest goes on; a port in use names the variable that moves it.
func TestTheListenerIsWiredWhenItIsAskedFor(t *testing.T) {
	keys, err := tickets.NewKeyring([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	documents, err := files.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer documents.Close()
	h := house{
		log: slog.New(slog.DiscardHandler), keys: keys, files: documents, desk: tickets.NewDesk(tickets.Options{}),
		portal: tickets.NewPortal("https://portail.creteil.example"), metrics: prometheus.NewRegistry(),
	}
	academies := []tickets.Academy{{ID: "creteil", NoReply: "no-reply@creteil.example", Bounce: "bounce@creteil.example"}}
	if run, err := h.smtpd(t.Context()); run != nil || err != nil {
		t.Errorf("off: %v", err)
	}
	h.SMTPDAddr = "127.0.0.1:0"
	if run, err := h.smtpd(t.Context()); run != nil || err != nil {
		t.Errorf("without an academy: %v", err)
	}
	h.academies = academies
	run, err := h.smtpd(t.Context())
	if err != nil || run == nil {
		t.Fatalf("on: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ended); err != nil {
		t.Errorf("told to end: %v", err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	h.SMTPDAddr, h.metrics = taken.Addr().String(), prometheus.NewRegistry()
	if _, err := h.smtpd(t.Context()); err == nil || !strings.Contains(err.Error(), "CECOIA_SMTPD_ADDR") {
		t.Errorf("a port in use: %v", err)
	}
}
