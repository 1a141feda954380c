package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"cecoia.example/deploy/example"
	"cecoia.example/deploy/local/child"
	"cecoia.example/deploy/local/mail"
	"cecoia.example/deploy/local/mattermost"
	ingestmattermost "cecoia.example/ingest/mattermost"
	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
	"cecoia.example/web/auth"
)

// demoPassword is the password of every account of the demo.
const demoPassword = "demo"

// The demo's bot: an account of the Mattermost double with a fixed token.
const (
	demoBot      = "cecoia"
	demoBotToken = "demobottokendemobottokende"
)

type demoCommand struct {
	settings `embed:""`

	MattermostAddr string `env:"CECOIA_MATTERMOST_ADDR" demo:"" help:"Where the Mattermost double listens." default:"127.0.0.1:8065"`
	SMTPAddr       string `env:"CECOIA_SMTP_ADDR" demo:"" help:"Where the mail server takes mail." default:"127.0.0.1:2525"`
	IMAPAddr       string `env:"CECOIA_IMAP_ADDR" demo:"" help:"Where the mailboxes are read by IMAP." default:"127.0.0.1:2143"`
	Speed          int    `env:"CECOIA_DEMO_SPEED" demo:"" help:"How many times as fast as the machine's the clock goes, from the morning of the next day on which the desk is open: with 60, ten minutes pass in ten seconds, and alerts can be watched. 0: the clock is the machine's."`
	MailboxAddr    string `env:"CECOIA_MAILBOX_ADDR" demo:"" help:"Where the mailboxes are read in a browser." default:"127.0.0.1:8025"`
}

// Run starts the peers that a site would have (mail, chat), fills the database
// with the example desk and people, and then runs the gateway itself, as
// `cecoia serve` does, against them.
func (c *demoCommand) Run(ctx context.Context, out *output) (err error) {
	log := c.logger()
	if c.Data == "" {
		if c.Data, err = os.MkdirTemp("", "cecoia-demo-"); err != nil {
			return err
		}
		remove, err := child.RemoveAtEnd(c.Data)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove()) }()
	}
	if c.Data, err = c.dataFolder(); err != nil {
		return err
	}
	if err := os.Chmod(c.Data, 0o711); err != nil {
		return err
	}
	academies, err := parseDeskFile(example.Desk, example.Logos)
	if err != nil {
		return err
	}
	people, err := parsePeople(bytes.NewReader(example.People))
	if err != nil {
		return err
	}

	mailServer, err := c.startMail(ctx, academies, people, log)
	if err != nil {
		return err
	}
	defer closeWithin(mailServer.Close, log)
	chat, err := c.startChat(ctx, academies, people, log)
	if err != nil {
		return err
	}
	defer closeWithin(chat.Close, log)

	c.MattermostURL, c.MattermostToken = chat.URL(), demoBotToken
	c.SMTPURL = "smtp://" + mailServer.SMTPAddr() + "?tls=none"
	c.AuthServID = mail.AuthServID
	c.SendTimeout = 5 * time.Second // the peers are of this process: no need of patience
	if c.Speed > 0 {
		c.speed, c.now = c.Speed, fastClock(c.Speed, academies[0])
	}
	c.own = map[string]string{}
	for _, a := range academies {
		c.own[academyVariable("CECOIA_SLASH_TOKEN", a.ID)] = slashToken(a.ID)
		for variable, address := range map[string]string{"CECOIA_IMAP_URL": a.NoReply, "CECOIA_BOUNCE_IMAP_URL": a.Bounce} {
			mailbox := url.URL{
				Scheme: "imap", User: url.UserPassword(address, demoPassword),
				Host: mailServer.IMAPAddr(), RawQuery: "tls=none",
			}
			c.own[academyVariable(variable, a.ID)] = mailbox.String()
		}
	}

	seed := func(ctx context.Context, db *postgres.DB) error { return seedDemo(ctx, db, academies, people) }
	portal, hooks := c.publicURLs()
	return serve(ctx, c.settings, allRoles, seed, log, func() {
		fmt.Fprintf(out, "ready portal=%s chat=%s mail=%s hooks=%s ops=http://%s smtp=%s imap=%s\n",
			portal, chat.URL(), mailServer.PageURL(), hooks, c.OpsAddr, mailServer.SMTPAddr(), mailServer.IMAPAddr())
		fmt.Fprintf(out, demoStory, portal, chat.URL(), mailServer.PageURL())
	})
}

// demoStory is printed once the demo is ready.
const demoStory = `
  The portal          %s
  The chat            %s
  The mailboxes       %s

  Accounts, password "demo": demandeur@creteil.example, agent@creteil.example,
  superviseur@creteil.example, reseau@creteil.example (the specialists of
  "reseaux"); the same at paris.example and versailles.example.

  A story to try
   1. On the portal, sign in as demandeur@creteil.example and send an incident.
   2. In the chat, as agent.creteil, its card is in "assistance". Type
        /ticket prendre 1      /ticket demander 1 Quel est le message affiché ?
   3. In the mailboxes, open demandeur@creteil.example and answer the mail:
      the answer is refused, with a link to the portal.
   4. Follow the link: your words are there. Send them; the agent is told.
   5. In the chat: /ticket résoudre 1 Le câble était débranché.
      On the portal, validate. The card shows it.

  Ctrl-C ends it all.
`

// demoTries are what the chat's first page offers: they lead a newcomer through
// a desk that knows nothing but "/ticket aide".
var demoTries = []mattermost.Suggestion{
	{
		User: "renfort.creteil", Channel: "creteil/assistance", Draft: "/ticket nouveau pour demandeur@creteil.example Mon écran reste noir.",
		French:  "Quelqu’un appelle : déposer sa demande, puis la prendre par le bouton de sa carte.",
		English: "Somebody calls: open their ticket, then take it by the button of its card.",
	},
	{
		User: "agent.creteil", Channel: "creteil/assistance", Draft: "/ticket aide",
		French:  "Travailler à l’assistance : une seule commande à retenir, elle montre les autres.",
		English: "Work at the desk: one command to remember, it shows the others.",
	},
	{
		User: "agent.creteil", Channel: "@cecoia", Draft: "liste libres",
		French:  "Parler au robot en message direct, sans rien devant : il comprend les mêmes mots.",
		English: "Talk to the bot by direct message, with nothing in front: it knows the same words.",
	},
}

// slashToken is the fixed token of an academy's slash command in the demo.
func slashToken(a tickets.AcademyID) string { return "demo-token-" + string(a) }

// chatName is the chat user name of a person of the demo: agent.creteil.
func chatName(p tickets.Person) string { return p.Login + "." + string(p.Academy) }

// closeWithin ends a peer of the demo, with a bound on how long it may take.
func closeWithin(end func(context.Context) error, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if err := end(ctx); err != nil {
		log.Warn("ending a peer of the demo", "error", err)
	}
}

// startMail starts the mail server with a mailbox for each person, and those
// of the gateway.
func (c *demoCommand) startMail(ctx context.Context, academies []tickets.Academy, people []tickets.Person, log *slog.Logger) (*mail.Server, error) {
	var accounts []mail.Account
	for _, a := range academies {
		add := func(address, name string) {
			accounts = append(accounts, mail.Account{Address: address, Password: demoPassword, Name: name, Group: a.Name})
		}
		for _, p := range people {
			if p.Academy == a.ID {
				add(p.Email, p.Name())
			}
		}
		add(a.NoReply, "No-reply")
		add(a.Bounce, "Bounces")
	}
	server, err := mail.Start(ctx, mail.Options{
		SMTPAddr: c.SMTPAddr, IMAPAddr: c.IMAPAddr, PageAddr: c.MailboxAddr,
		Dir: filepath.Join(c.Data, "mail"), Accounts: accounts, TrustNetwork: true, Location: academies[0].Location(), Logger: log.With("part", "mail server"),
	})
	for variable, addr := range map[string]string{"CECOIA_SMTP_ADDR": c.SMTPAddr, "CECOIA_IMAP_ADDR": c.IMAPAddr, "CECOIA_MAILBOX_ADDR": c.MailboxAddr} {
		if err != nil && strings.Contains(err.Error(), addr) {
			return nil, inUse(variable, addr, err)
		}
	}
	return server, err
}

// startChat starts the Mattermost double: one team per academy, its desk's
// channels, an account for each member of the desk, the bot, the command.
func (c *demoCommand) startChat(ctx context.Context, academies []tickets.Academy, people []tickets.Person, log *slog.Logger) (*mattermost.Server, error) {
	_, hooks := c.publicURLs()
	var seed mattermost.Seed
	bot := mattermost.Bot{Username: demoBot, DisplayName: "Cecoia", Token: demoBotToken}
	channels := map[string]string{} // academy/group → team/channel
	teams := map[tickets.AcademyID]string{}
	for _, a := range academies {
		teams[a.ID] = a.Team
		team := mattermost.Team{Name: a.Team, DisplayName: a.Name}
		for _, g := range a.Groups {
			team.Channels = append(team.Channels, mattermost.Channel{Name: g.Channel, DisplayName: g.Name.FR})
			channels[string(a.ID)+"/"+g.Code] = a.Team + "/" + g.Channel
			bot.Channels = append(bot.Channels, a.Team+"/"+g.Channel)
		}
		seed.Teams = append(seed.Teams, team)
		command := ingestmattermost.Definition(tickets.French, hooks+"/mattermost/command")
		seed.Commands = append(seed.Commands, mattermost.Command{
			Team: a.Team, Trigger: command.Trigger, URL: command.URL, Token: slashToken(a.ID),
			Hint: command.AutoCompleteHint, Description: command.AutoCompleteDesc,
		})
	}
	seed.Bots = []mattermost.Bot{bot}
	for _, p := range people {
		if !p.Agent() {
			continue
		}
		user := mattermost.User{
			Username: chatName(p), FirstName: p.GivenName, LastName: p.FamilyName, Email: p.Email,
			Password: demoPassword, Locale: string(p.Lang), Position: p.Function,
		}
		for _, group := range p.Groups() {
			user.Channels = append(user.Channels, channels[string(p.Academy)+"/"+group])
		}
		if slices.ContainsFunc(p.Memberships, func(m tickets.Membership) bool { return m.Role == tickets.RoleSupervisor }) {
			user.AdminOf = []string{teams[p.Academy]} // may delete a card or remove the bot, to see it come back
		}
		seed.Users = append(seed.Users, user)
	}
	seed.Try = demoTries
	server, err := mattermost.Start(ctx, mattermost.Options{
		Addr: c.MattermostAddr, Dir: filepath.Join(c.Data, "mattermost"), Seed: seed, Logger: log.With("part", "chat server"),
	})
	if _, listening := errors.AsType[*net.OpError](err); listening {
		return nil, inUse("CECOIA_MATTERMOST_ADDR", c.MattermostAddr, err)
	}
	return server, err
}

// seedDemo applies the example desk, imports its people with the demo's
// password, links the desk's accounts and publishes its articles. A second start
// changes nothing.
func seedDemo(ctx context.Context, db *postgres.DB, academies []tickets.Academy, people []tickets.Person) error {
	if _, err := db.Apply(ctx, academies, time.Now()); err != nil {
		return err
	}
	hash, err := auth.HashPassword(demoPassword)
	if err != nil {
		return err
	}
	articles, err := fs.Sub(example.Articles, "articles")
	if err != nil {
		return err
	}
	desk := tickets.NewDesk(tickets.Options{Store: db})
	for _, a := range academies {
		var own, agents []tickets.Person
		for _, p := range people {
			if p.Academy == a.ID {
				own = append(own, p)
			}
		}
		entries, err := entriesOf(a, own, hash)
		if err != nil {
			return err
		}
		if err := db.ImportPeople(ctx, a.ID, entries); err != nil {
			return err
		}
		for _, p := range own {
			if !p.Agent() {
				continue
			}
			if err := db.LinkAccount(ctx, a.ID, p.ID, tickets.Chat, mattermost.UserID(chatName(p))); err != nil {
				return err
			}
			agents = append(agents, p)
		}
		if len(agents) < 2 {
			return fmt.Errorf("academy %s: two members of its desk are needed, who write and review", a.ID)
		}
		if err := seedArticles(ctx, desk, a, agents[0], agents[1], articles); err != nil {
			return err
		}
	}
	return nil
}
