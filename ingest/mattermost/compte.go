package mattermost

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// compte tells people who they are here, and links an account that is nobody's
// by a code mailed to the directory. The name of an account, its channels and
// the address it shows prove nothing.
var compte = verb{
	name: "compte", aliases: []string{"account", "whoami", "qui"}, anyone: true,
	run: func(ctx context.Context, c *call) (string, error) {
		asked := strings.TrimFunc(c.rest, blank)
		code, isCode := typedCode(asked)
		address := strings.ToLower(strings.Trim(strings.TrimPrefix(asked, "mailto:"), "<>"))
		unlink := slices.Contains([]string{"delier", "unlink"}, fold(asked))
		switch {
		case asked != "" && !isCode && !unlink && !strings.Contains(address, "@"):
			return "", errUsage
		case c.linked && asked == "":
			return c.whoTheyAre(ctx)
		case c.linked && unlink:
			return c.unlink(ctx)
		case c.linked:
			who, err := c.whoTheyAre(ctx)
			return c.print.T("chat.link.already") + "\n" + who, err
		case isCode:
			return c.confirmLink(ctx, code)
		case asked == "":
			return c.howToLink(ctx)
		case unlink:
			return c.unlinked(), nil
		}
		return c.askLink(ctx, address)
	},
}

// typedCode returns the six digits of a code, which people may group.
func typedCode(s string) (code string, ok bool) {
	code = strings.Map(func(r rune) rune {
		if blank(r) || r == '-' || r == '.' {
			return -1
		}
		return r
	}, s)
	return code, len(code) == 6 && strings.Trim(code, "0123456789") == ""
}

// applicant is the account that the command comes from.
func (c *call) applicant() tickets.Applicant {
	return tickets.Applicant{
		Academy: c.command.Academy, Channel: tickets.Chat, Account: c.command.Account,
		Command: c.command.ID, Fingerprint: c.command.Fingerprint(),
	}
}

// unlinked tells an account that is nobody's how to be linked.
func (c *call) unlinked() string {
	return c.print.T("chat.link.how", c.academy.Name, c.academy.MailDomain(), c.command.Account)
}

// howToLink mails the code at once where the server has verified the account's
// address, and that is in the directory: only its owner learns whether it is.
func (c *call) howToLink(ctx context.Context) (string, error) {
	address := c.profile(ctx, c.command.Account).verified
	if address == "" {
		return c.unlinked(), nil
	}
	person, err := c.Desk.AskLink(ctx, c.applicant(), address)
	switch {
	case err != nil:
		return "", c.refusedLink(err)
	case person == uuid.Nil:
		return c.unlinked(), nil
	}
	return c.print.T("chat.link.sent", inline(address), c.academy.Name), nil
}

// askLink has a code mailed, and answers the same whoever has the address, or
// nobody.
func (c *call) askLink(ctx context.Context, address string) (string, error) {
	person, err := c.Desk.AskLink(ctx, c.applicant(), address)
	if err != nil {
		return "", c.refusedLink(err)
	}
	if person == uuid.Nil {
		c.audit("code asked for an address that gets none")
	}
	return c.print.T("chat.link.sent", inline(address), c.academy.Name), nil
}

func (c *call) confirmLink(ctx context.Context, code string) (string, error) {
	err := c.Desk.ConfirmLink(ctx, c.applicant(), code)
	if err != nil {
		return "", c.refusedLink(err)
	}
	if c.person, err = c.Directory.PersonByAccount(ctx, c.academy.ID, tickets.Chat, c.command.Account); err != nil {
		return "", err
	}
	c.Logger.Info("chat account linked", "academy", c.academy.ID, "account", c.command.Account, "person", c.person.ID, "trace", c.command.Trace.ID(), "command", c.command.ID)
	who, err := c.whoTheyAre(ctx)
	return c.print.T("chat.link.done") + "\n" + who, err
}

func (c *call) unlink(ctx context.Context) (string, error) {
	if err := c.Desk.Unlink(ctx, c.by(0), tickets.Chat, c.command.Account); err != nil {
		return "", err
	}
	c.Logger.Info("chat account unlinked", "academy", c.academy.ID, "account", c.command.Account, "person", c.person.ID, "trace", c.command.Trace.ID(), "command", c.command.ID)
	return c.print.T("chat.link.undone", inline(c.person.Name())), nil
}

// refusedLink notes a refused try and words it without the usage, which is not
// what was wrong.
func (c *call) refusedLink(err error) error {
	code := tickets.CodeOf(err)
	if code == "" {
		return err
	}
	switch code {
	case tickets.Conflict:
		c.audit("account asked for too many codes")
	case tickets.Expired:
		c.audit("no code can be used")
	default:
		c.audit("wrong code or address")
	}
	return refusal(c.print.Error(err))
}

// whoTheyAre is who the account belongs to, their groups, and since when.
func (c *call) whoTheyAre(ctx context.Context) (string, error) {
	lines := []string{c.print.T("chat.account.person", inline(c.person.Name()), c.person.Email, c.academy.Name)}
	var groups []string
	for _, m := range c.person.Memberships {
		name := m.Group
		if g, ok := c.academy.Group(m.Group); ok {
			name = g.Name.In(c.print.Lang)
		}
		role := "chat.account.agent"
		if m.Role == tickets.RoleSupervisor {
			role = "chat.account.supervisor"
		}
		groups = append(groups, c.print.T(role, inline(name)))
	}
	if len(groups) > 0 {
		lines = append(lines, strings.Join(groups, ", ")+".")
	} else {
		lines = append(lines, c.print.T("chat.account.staff", c.Portal.Home()))
	}
	since, err := c.Desk.LinkedSince(ctx, c.by(0), tickets.Chat, c.command.Account)
	if err != nil {
		return "", err
	}
	how := c.print.T("chat.link.unlink")
	if !since.IsZero() {
		how = c.print.T("chat.link.since", since) + " " + how
	}
	return strings.Join(append(lines, how), "\n"), nil
}
