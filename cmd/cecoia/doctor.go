package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"time"

	ingestmail "cecoia.example/ingest/mail"
	notifymail "cecoia.example/notify/mail"
	notifymattermost "cecoia.example/notify/mattermost"
	"cecoia.example/tickets"
	"cecoia.example/tickets/files"
)

// doctorCommand proves one by one what the gateway leans on, as the gateway
// itself would use it, and says what to do about what fails. It sends nothing and
// changes nothing, but for the folders that the readers of mailboxes make.
type doctorCommand struct {
	settings `embed:""`
}

// doctorWithin bounds one proof.
const doctorWithin = 15 * time.Second

// proof is one thing to prove.
type proof struct {
	what   string
	try    func(context.Context) (note string, err error)
	remedy string // for what the error does not say by itself
}

// errSkipped is a proof of what is not set up: no fault, but worth a line.
var errSkipped = errors.New("skipped")

// Run prints a line for each thing, with the remedy below what failed. The exit
// status is 1 when anything did.
func (c *doctorCommand) Run(ctx context.Context, out *output) error {
	failed := 0
	prove := func(p proof) {
		ctx, cancel := context.WithTimeout(ctx, doctorWithin)
		defer cancel()
		note, err := p.try(ctx)
		switch {
		case errors.Is(err, errSkipped):
			fmt.Fprintf(out, "-     %s: %s\n", p.what, note)
		case err != nil:
			failed++
			fmt.Fprintf(out, "FAIL  %s: %v\n      %s\n", p.what, err, remedy(err, p.remedy))
		default:
			fmt.Fprintf(out, "ok    %s%s\n", p.what, note)
		}
	}

	data, err := c.dataFolder()
	if err != nil {
		return err
	}
	c.Data = data
	var h house
	h.settings = c.settings
	prove(proof{"documents", func(context.Context) (string, error) {
		d, err := files.Open(filepath.Join(data, "files"))
		if err == nil {
			err = d.Close()
		}
		return " in " + data, err
	}, "CECOIA_DATA must name a folder that this user may write to."})
	prove(proof{"secret key", func(context.Context) (string, error) {
		h.keys, err = c.keyring()
		return "", err
	}, "Give every machine the same CECOIA_SECRET_KEY."})
	prove(proof{"database", func(ctx context.Context) (string, error) {
		db, err := openBeside(ctx, c.settings, c.logger())
		if err != nil {
			return "", err
		}
		defer db.Close()
		if h.academies, err = db.Academies(ctx); err == nil && len(h.academies) == 0 {
			err = errors.New("no academy is known: 'cecoia apply' a desk file")
		}
		return fmt.Sprintf(", its schema up to date, %d academies", len(h.academies)), err
	}, "CECOIA_DATABASE_URL must name a PostgreSQL 15 or later that runs, with a user and a password that it takes."})
	prove(proof{"redis", func(ctx context.Context) (string, error) {
		if c.RedisURL == "" {
			return "CECOIA_REDIS_URL is empty: the embedded one is used, by one process alone", errSkipped
		}
		rdb, err := openRedis(ctx, c.settings, c.logger())
		if err != nil {
			return "", err
		}
		defer rdb.Close()
		return "", rdb.Ping(ctx).Err()
	}, "CECOIA_REDIS_URL must name a Redis 6.2 or later that runs. Until then commands are executed directly, and deliveries wait."})
	for _, p := range h.mailProofs() {
		prove(p)
	}
	for _, p := range h.chatProofs() {
		prove(p)
	}
	if failed > 0 {
		return fmt.Errorf("%d of what the gateway leans on failed", failed)
	}
	return nil
}

// remedy says what to do: about what the network says, or what the proof knows.
func remedy(err error, known string) string {
	text := err.Error()
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "The name " + dns.Name + " does not resolve here: check it, and this machine's resolver. " + known
	case strings.Contains(text, "connection refused"):
		return "Nothing listens there: start it, or correct the host and the port. " + known
	case strings.Contains(text, "certificate"):
		return "Its certificate is not trusted here: correct the name in the URL, renew the certificate, or name its authority (CECOIA_MAIL_CA for mail servers). " + known
	case errors.Is(err, context.DeadlineExceeded) || strings.Contains(text, "timeout") || strings.Contains(text, "no answer"):
		return "It does not answer: a firewall in between drops what we send, or it is overloaded. " + known
	}
	return known
}

// mailProofs are those of each academy's mail: out, and in.
func (h house) mailProofs() (out []proof) {
	config, err := h.mailTLS()
	accounts, err2 := h.mailAccounts()
	if err := errors.Join(err, err2); err != nil {
		return []proof{{"mail", func(context.Context) (string, error) { return "", err }, "Correct that setting: 'cecoia help config'."}}
	}
	for _, a := range h.academies {
		out = append(out, proof{"smtp " + string(a.ID), func(ctx context.Context) (string, error) {
			account, ok := accounts[a.ID]
			if !ok {
				return "no CECOIA_SMTP_URL: its mails wait", errSkipped
			}
			mailer, err := notifymail.New(notifymail.Options{
				Portal: tickets.NewPortal("http://localhost"), Keyring: h.keys, TLS: config, Logger: h.logger(),
				Accounts: func(tickets.AcademyID) notifymail.Account { return account },
			})
			if err != nil {
				return "", err
			}
			defer mailer.Close()
			return ", signed in where it wants that", mailer.Check(ctx, account)
		}, "Check the server, the user and the password in CECOIA_SMTP_URL (or " + academyVariable("CECOIA_SMTP_URL", a.ID) + "), and CECOIA_SMTP_TOKEN."})
		for _, box := range []struct{ what, variable, common string }{
			{"imap", "CECOIA_IMAP_URL", h.IMAPURL}, {"imap bounces", "CECOIA_BOUNCE_IMAP_URL", h.BounceIMAPURL},
		} {
			out = append(out, proof{box.what + " " + string(a.ID), func(ctx context.Context) (string, error) {
				server, err := h.forAcademy(box.variable, a.ID, box.common)
				switch {
				case err != nil:
					return "", err
				case server == "":
					return "no " + box.variable + ": that mailbox is not read", errSkipped
				}
				return ", its folders there", ingestmail.Check(ctx, server, config)
			}, "Check the server, the user and the password in " + box.variable + " (or " + academyVariable(box.variable, a.ID) + ")."})
		}
	}
	return out
}

// chatProofs are those of the chat: the server, the bot's token, its channels, and
// the tokens of the slash commands.
func (h house) chatProofs() (out []proof) {
	if h.MattermostURL == "" {
		return []proof{{"mattermost", func(context.Context) (string, error) { return "no CECOIA_MATTERMOST_URL: no chat", errSkipped }, ""}}
	}
	_, hooks := h.publicURLs()
	bot, err := notifymattermost.New(notifymattermost.Options{
		URL: h.MattermostURL, Token: h.MattermostToken, HooksURL: hooks, Portal: tickets.NewPortal("http://localhost"), Keyring: h.keys,
	})
	out = append(out,
		proof{"mattermost", func(ctx context.Context) (string, error) { return "", pingChat(ctx, h.MattermostURL) },
			"CECOIA_MATTERMOST_URL must be the address that people use."},
		proof{"bot token", func(ctx context.Context) (string, error) {
			if err != nil {
				return "", err
			}
			return "", bot.Check(ctx)
		}, "In Mattermost: Integrations, Bot Accounts, create a token and set CECOIA_MATTERMOST_TOKEN."})
	for _, a := range h.academies {
		out = append(out,
			proof{"channels " + string(a.ID), func(ctx context.Context) (string, error) {
				if err != nil {
					return "", err
				}
				return "", bot.CheckAcademy(ctx, a)
			}, "The desk file names each group's channel by the end of its address."},
			proof{"slash token " + string(a.ID), func(context.Context) (string, error) {
				token, err := h.forAcademy("CECOIA_SLASH_TOKEN", a.ID, h.SlashToken)
				if err == nil && strings.Trim(token, ", ") == "" {
					err = errors.New("there is none")
				}
				return "", err
			}, "In Mattermost: Integrations, Slash Commands of team " + a.Team + ", make /ticket for " + hooks + "/mattermost/command and set its token as " + academyVariable("CECOIA_SLASH_TOKEN", a.ID) + "."})
	}
	return out
}
