package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"cecoia.example/tickets"
)

// settings is the one configuration. Every variable may be given as a flag too;
// those marked secret are read from a file when VARIABLE_FILE names one.
type settings struct {
	Data        string `env:"CECOIA_DATA" type:"path" help:"Folder for the documents, and for the embedded database. Empty: /var/lib/cecoia; in the demo a fresh temporary one."`
	DatabaseURL string `env:"CECOIA_DATABASE_URL" secret:"" help:"PostgreSQL (15 or later), as a connection URL. Empty: an embedded one in the data folder."`
	RedisURL    string `env:"CECOIA_REDIS_URL" secret:"" help:"Redis (6.2 or later) or Valkey. Empty: an embedded one in memory."`
	SecretKey   string `env:"CECOIA_SECRET_KEY" secret:"" help:"Master secret, at least 32 characters, the same on every machine. Empty: made once in the data folder."`

	PortalAddr string `env:"CECOIA_PORTAL_ADDR" help:"Where the portal listens." default:"127.0.0.1:8080"`
	HooksAddr  string `env:"CECOIA_HOOKS_ADDR" help:"Where the chat's requests arrive." default:"127.0.0.1:8081"`
	OpsAddr    string `env:"CECOIA_OPS_ADDR" help:"Where /livez, /readyz and /metrics are served." default:"127.0.0.1:8082"`
	PortalURL  string `env:"CECOIA_PORTAL_URL" help:"The portal as people reach it. Empty: http:// and the portal's address."`
	HooksURL   string `env:"CECOIA_HOOKS_URL" help:"The hooks as the chat server reaches them. Empty: http:// and the hooks' address."`

	TrustedProxies []netip.Prefix `env:"CECOIA_TRUSTED_PROXIES" help:"Networks of the reverse proxies in front of the portal, as 10.0.0.0/8,…: their X-Forwarded-For tells who signs in. Empty: none."`

	PortalOverrides string `env:"CECOIA_PORTAL_OVERRIDES" help:"Folder laid over the portal's look, read at the start: partials/NAME.html in place of the partial of that name (web/templates/partials), site.css after the style sheet, ACADEMY/site.css after that for one academy; 64 kB each at most. Empty: none."`

	HooksAllow        []netip.Prefix `env:"CECOIA_HOOKS_ALLOW" help:"Networks from which Mattermost reaches the hooks, as 10.1.2.3/32,…; behind a proxy, the proxy's. Others get 403. Empty: everybody."`
	CommandsPerMinute int            `env:"CECOIA_COMMANDS_PER_MINUTE" help:"How many commands and clicks a chat account may send in a minute, in each process. -1: as many as they like." default:"60"`
	CommandsBurst     int            `env:"CECOIA_COMMANDS_BURST" help:"How many of them at once." default:"20"`

	MattermostURL   string `env:"CECOIA_MATTERMOST_URL" help:"The Mattermost server. Empty: no chat."`
	MattermostToken string `env:"CECOIA_MATTERMOST_TOKEN" secret:"" help:"The bot's access token."`
	SlashToken      string `env:"CECOIA_SLASH_TOKEN" secret:"" academy:"" help:"The token of the slash command /ticket in the academy's team. While it is renewed, the old one and the new one, with a comma between."`

	SMTPURL           string         `env:"CECOIA_SMTP_URL" secret:"" academy:"" help:"The server that sends mail: smtp://user:password@host:587 (STARTTLS required), smtps://host:465, or in the clear, without a user, smtp://host?tls=none. After the ?, joined by &: auth=plain, login or xoauth2 (without: XOAUTH2 when there is a CECOIA_SMTP_TOKEN, else what the server takes), connections=4 at once, per_minute=600 mails at most (without: as many as it takes). Empty: no mail."`
	SMTPToken         string         `env:"CECOIA_SMTP_TOKEN" secret:"" academy:"" help:"The OAuth 2.0 access token of the user of CECOIA_SMTP_URL, in place of a password. From a file it is read anew at each sign-in: whatever renews it writes it there."`
	MailWindow        time.Duration  `env:"CECOIA_MAIL_WINDOW" help:"How long after one mail about a ticket the next to the same person waits, so that rapid changes are told together; what asks something of them never waits. 0: none waits." default:"20s"`
	DKIMSelector      string         `env:"CECOIA_DKIM_SELECTOR" academy:"" help:"The DKIM selector under which the public key is published, for mail servers that do not sign by themselves. Empty: not signed."`
	DKIMDomain        string         `env:"CECOIA_DKIM_DOMAIN" academy:"" help:"The domain that signs. Empty: that of the no-reply address."`
	DKIMKey           string         `env:"CECOIA_DKIM_KEY" secret:"" academy:"" help:"The private key that signs, RSA or Ed25519, as PEM. A file that every user of the machine can read is refused."`
	SendAtOnce        int            `env:"CECOIA_SEND_AT_ONCE" help:"How many mails, and how many posts, each process sends at the same time; connections= of CECOIA_SMTP_URL bounds the mails further." default:"8"`
	SendTimeout       time.Duration  `env:"CECOIA_SEND_TIMEOUT" help:"How long one mail or post may take. What a process was sending when it was killed is sent again that long, and 15 s, after it began." default:"75s"`
	IMAPURL           string         `env:"CECOIA_IMAP_URL" secret:"" academy:"" help:"The no-reply mailbox: imaps://user:password@host, or imap://…?tls=none. Empty: replies are not read."`
	BounceIMAPURL     string         `env:"CECOIA_BOUNCE_IMAP_URL" secret:"" academy:"" help:"The mailbox of the bounce address, where mail servers report what they could not deliver; as CECOIA_IMAP_URL. Empty: reports are not read."`
	SMTPDAddr         string         `env:"CECOIA_SMTPD_ADDR" help:"Where mail servers hand over what is written to the no-reply and bounce addresses, so that a reply is refused in its SMTP session: 127.0.0.1:2526. How to route it there: deploy/postfix. Empty: off."`
	SMTPDAllow        []netip.Prefix `env:"CECOIA_SMTPD_ALLOW" help:"Networks of the mail servers that may connect there, as 10.1.2.3/32,…: the Authentication-Results that they pass on are believed. Empty: this machine only."`
	SMTPDName         string         `env:"CECOIA_SMTPD_NAME" help:"The name it presents itself with. Empty: this machine's."`
	SMTPDCert         string         `env:"CECOIA_SMTPD_CERT" type:"path" help:"Its certificate chain (PEM), for STARTTLS; read anew for each connection. Empty: in the clear."`
	SMTPDKey          string         `env:"CECOIA_SMTPD_KEY" type:"path" help:"The private key of that certificate (PEM)."`
	MailCA            string         `env:"CECOIA_MAIL_CA" type:"path" help:"Certificates (PEM) of a private authority by which the servers of CECOIA_SMTP_URL, CECOIA_IMAP_URL and CECOIA_BOUNCE_IMAP_URL may be certified, beside those that the system knows. Read at the start. Empty: the system's alone."`
	SMTPName          string         `env:"CECOIA_SMTP_NAME" help:"The name that we present ourselves with to the server that sends mail (EHLO): some take mail only from one that DNS knows. Empty: this machine's."`
	AuthServID        string         `env:"CECOIA_AUTHSERV_ID" academy:"" help:"The authserv-id of the Authentication-Results (RFC 8601) that the academy's own mail server adds. Empty: it adds none, and who wrote a mail is not known for sure."`
	TrustParticipants bool           `env:"CECOIA_TRUST_PARTICIPANTS" help:"Send guidance to the participants of a ticket even when no mail server said who wrote. A forged sender would then get mail they did not cause."`

	OTLPEndpoint string `env:"CECOIA_OTLP_ENDPOINT,OTEL_EXPORTER_OTLP_ENDPOINT" help:"Where OpenTelemetry traces are sent, by OTLP over HTTP: http://127.0.0.1:4318. The standard OTEL_EXPORTER_OTLP_ENDPOINT says it too; the other OTEL_… variables (OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, …) hold as well. Empty: none are made."`

	LogLevel  slog.Level `env:"CECOIA_LOG_LEVEL" help:"debug, info, warn or error." default:"info"`
	LogFormat string     `env:"CECOIA_LOG_FORMAT" help:"text or json." enum:"text,json" default:"text"`

	// own holds an academy's own values by VARIABLE_ACADEMY, before those of the
	// environment: the demo gives its accounts this way.
	own map[string]string
	// now is the clock and speed how many times as fast as the machine's it goes,
	// in the demo; nil and 0 are the machine's own.
	now   func() time.Time
	speed int
}

// defaultData is where a server keeps its data unless told otherwise.
const defaultData = "/var/lib/cecoia"

// AfterApply reads the secrets that files hold.
func (s *settings) AfterApply() error {
	for variable, value := range map[string]*string{
		"CECOIA_DATABASE_URL": &s.DatabaseURL, "CECOIA_REDIS_URL": &s.RedisURL, "CECOIA_SECRET_KEY": &s.SecretKey,
		"CECOIA_MATTERMOST_TOKEN": &s.MattermostToken, "CECOIA_SLASH_TOKEN": &s.SlashToken,
		"CECOIA_SMTP_URL": &s.SMTPURL, "CECOIA_IMAP_URL": &s.IMAPURL, "CECOIA_BOUNCE_IMAP_URL": &s.BounceIMAPURL, "CECOIA_DKIM_KEY": &s.DKIMKey,
	} {
		if *value != "" {
			continue
		}
		secret, err := fileSecret(variable)
		if err != nil {
			return err
		}
		*value = secret
	}
	return nil
}

// publicURLs are the portal's and the hooks' URLs as others reach them.
func (s settings) publicURLs() (portal, hooks string) {
	portal, hooks = s.PortalURL, s.HooksURL
	if portal == "" {
		portal = "http://" + s.PortalAddr
	}
	if hooks == "" {
		hooks = "http://" + s.HooksAddr
	}
	return portal, hooks
}

// fileSecret returns the content of the file that VARIABLE_FILE names, without
// its last newline, or "" when it names none.
func fileSecret(variable string) (string, error) {
	path := os.Getenv(variable + "_FILE")
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the administrator's own path
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", variable, err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}

// forAcademy returns an academy's own value of a variable, CECOIA_X_CRETEIL (or
// the content of CECOIA_X_CRETEIL_FILE), or the common one.
func (s settings) forAcademy(variable string, academy tickets.AcademyID, common string) (string, error) {
	own := academyVariable(variable, academy)
	if v := s.own[own]; v != "" {
		return v, nil
	}
	if v := os.Getenv(own); v != "" {
		return v, nil
	}
	v, err := fileSecret(own)
	if v == "" {
		v = common
	}
	return v, err
}

// academyVariable is the name of an academy's own variable: CECOIA_X_CRETEIL.
func academyVariable(variable string, academy tickets.AcademyID) string {
	return variable + "_" + strings.ToUpper(strings.ReplaceAll(string(academy), "-", "_"))
}

// keyring derives the signing keys from the master secret, made once in the
// data folder when none is given.
func (s settings) keyring() (*tickets.Keyring, error) {
	if s.SecretKey != "" {
		keys, err := tickets.NewKeyring([]byte(s.SecretKey))
		if err != nil {
			return nil, fmt.Errorf("CECOIA_SECRET_KEY: %w", err)
		}
		return keys, nil
	}
	path := filepath.Join(s.Data, "secret.key")
	secret, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeSecret(path); err == nil {
			secret, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("settings.keyring: %w", err)
	}
	return tickets.NewKeyring(secret)
}

// makeSecret makes the file of the master secret unless it is there. It appears
// whole and on the disk, so that processes that start at once, or one killed in
// the middle, never leave two keys or half of one.
func makeSecret(path string) error {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret)                                 // never fails since Go 1.24
	temp, err := os.CreateTemp(filepath.Dir(path), "secret") // for its owner alone
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp.Name()) }()
	_, err = temp.WriteString(base64.StdEncoding.EncodeToString(secret))
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

type helpCommand struct {
	Topic string `arg:"" enum:"config" help:"What to explain: config."`
}

// Run prints every variable with its default and meaning, from the same
// declarations that read them.
func (helpCommand) Run(app *kong.Kong, out *output) error {
	var b strings.Builder
	b.WriteString("Settings are environment variables. (secret): VARIABLE_FILE may name a file that holds it.\n" +
		"(per academy): VARIABLE_<ACADEMY>, as CECOIA_SLASH_TOKEN_CRETEIL, overrides it for one.\n")
	seen := map[string]bool{}
	for _, command := range app.Model.Children {
		for _, f := range command.Flags {
			if len(f.Envs) == 0 || seen[f.Envs[0]] {
				continue
			}
			seen[f.Envs[0]] = true
			fmt.Fprintf(&b, "\n%s", f.Envs[0])
			for _, mark := range []struct{ tag, text string }{{"secret", "secret"}, {"academy", "per academy"}, {"demo", "demo only"}} {
				if f.Tag.Has(mark.tag) {
					fmt.Fprintf(&b, " (%s)", mark.text)
				}
			}
			if f.Default != "" {
				fmt.Fprintf(&b, " = %s", f.Default)
			}
			fmt.Fprintf(&b, "\n    %s\n", f.Help)
		}
	}
	_, err := fmt.Fprint(out, b.String())
	return err
}
