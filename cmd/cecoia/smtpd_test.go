package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
