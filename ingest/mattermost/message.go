package mattermost

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/ingest"
	"cecoia.example/tickets"
)

// What is said in place of executing a message; see [ingest.Command].
const (
	insteadNothing = "nothing"  // it was told with another
	insteadMissed  = "missed"   // written while nobody listened, too long ago
	insteadTooFast = "too_fast" // one of too many
	insteadWhich   = "which"    // academy: the account is linked in several
	insteadFiled   = "filed"    // the number of the ticket made from the message
)

// hear takes a message as a command: what a person writes to the bot alone is
// what they would type after /ticket. Messages of programs and of the server are
// nobody's. Any error may pass: the message is to be taken again.
func (s *Commands) hear(ctx context.Context, p *model.Post) error { return s.take(ctx, p, "", false) }

// take is hear for a message that is perhaps heard late, and of which something
// is perhaps said instead. What was written while nobody listened came no faster
// for being heard at once.
func (s *Commands) take(ctx context.Context, p *model.Post, instead string, late bool) error {
	me, err := s.me(ctx)
	if err != nil || !written(p, me.Id) {
		return err
	}
	cmd := ingest.Command{
		ID: messageID(p), Account: p.UserId, Post: p.Id, Place: p.ChannelId, Thread: p.RootId, Instead: instead, ReceivedAt: s.Now(),
	}
	cmd.Text = strings.TrimFunc(strings.TrimPrefix(strings.TrimFunc(p.Message, blank), "@"+me.Username), blank)
	if err := s.forAcademy(ctx, &cmd); err != nil || cmd.Academy == "" {
		return err
	}
	if cmd.Instead == "" && !late {
		cmd.Instead = s.hurried(cmd)
	}
	if cmd.Instead == "" {
		cmd.Mentions = s.named(ctx, cmd.Text)
	}
	if _, err := s.Take(ctx, cmd); err != nil {
		return fmt.Errorf("message %s: %w", p.Id, err)
	}
	return nil
}

// written says whether a person wrote the message, and it still stands.
func written(p *model.Post, bot string) bool {
	program := func(prop string) bool { v := p.GetProp(prop); return v == "true" || v == true }
	return idPattern.MatchString(p.Id) && idPattern.MatchString(p.UserId) && p.UserId != bot && p.Type == model.PostTypeDefault &&
		p.DeleteAt == 0 && !program(model.PostPropsFromBot) && !program(model.PostPropsFromWebhook)
}

// messageID is the id of the command that a message is.
func messageID(p *model.Post) string { return commandID(p.Id, "message") }

// hurried says what becomes of a message of an account that sends more than it
// may: it is told so, and not over and over.
func (s *Commands) hurried(c ingest.Command) string {
	if s.limiter == nil {
		return ""
	}
	key, now := string(c.Academy)+"/"+c.Account, s.Now()
	if _, ok := s.limiter.take(key, now); ok {
		return ""
	}
	s.refused.WithLabelValues("too many commands").Inc()
	s.Logger.Warn("direct message refused", "why", "too many commands", "academy", c.Academy, "account", c.Account)
	if _, ok := s.scolded.take(key, now); ok {
		return insteadTooFast
	}
	return insteadNothing
}

// atPattern is a name that the words mention. The mark that our own answers have
// after an @ may be copied with it.
var atPattern = regexp.MustCompile(`@(?:` + zeroWidth + `)?([a-z0-9][a-z0-9._-]{1,63})`)

// named are the accounts that the words mention, as a slash command's request
// has them; without the server's answer, names of the directory still count.
func (s *Commands) named(ctx context.Context, text string) map[string]string {
	const most = 20
	var names []string
	for _, m := range atPattern.FindAllStringSubmatch(strings.ToLower(text), most) {
		names = append(names, strings.TrimRight(m[1], "._-"))
	}
	if len(names) == 0 {
		return nil
	}
	users, _, err := s.bot.GetUsersByUsernames(ctx, names)
	if err != nil {
		s.Logger.Info("accounts that a message names are not known", "error", err)
		return nil
	}
	out := map[string]string{}
	for _, u := range users {
		out["@"+strings.ToLower(u.Username)] = u.Id
	}
	return out
}

// forAcademy says for which academy a message is: that in which its author is
// linked. Where there are several, it is the one that the first word names, else
// that of the thread's ticket, else the only one of whose desk they are; they are
// asked otherwise. An account that is nobody's is told so by the academy in whose
// team it is; one that is a program's is told nothing: Academy stays "".
func (s *Commands) forAcademy(ctx context.Context, c *ingest.Command) error {
	all := s.academies()
	linked, agent, err := s.linkedIn(ctx, all, c.Account)
	if err != nil {
		return err
	}
	word, rest := cutWord(c.Text)
	named := slices.IndexFunc(linked, func(a tickets.AcademyID) bool { return fold(string(a)) == fold(word) })
	switch {
	case len(all) == 0:
		return nil
	case len(linked) == 0:
		if !s.profile(ctx, c.Account).bot {
			c.Academy = s.teamOf(ctx, all, c.Account)
		}
	case named >= 0:
		c.Academy, c.Text = linked[named], rest
	case len(linked) == 1:
		c.Academy = linked[0]
	default:
		if c.Thread != "" {
			for _, a := range linked {
				_, _, err := s.Directory.ThreadTicket(ctx, a, tickets.Chat, c.Thread)
				if err == nil {
					c.Academy = a
					return nil
				}
				if tickets.CodeOf(err) != tickets.NotFound {
					return fmt.Errorf("ticket of thread %s: %w", c.Thread, err)
				}
			}
		}
		if len(agent) == 1 {
			c.Academy = agent[0]
			return nil
		}
		c.Academy = linked[0]
		if c.Instead == "" {
			c.Instead = insteadWhich
		}
	}
	return nil
}

// linkedIn returns the academies in which the account is somebody's, and those of
// them in which that is a member of the desk.
func (s *Commands) linkedIn(ctx context.Context, all []tickets.AcademyID, account string) (linked, agent []tickets.AcademyID, err error) {
	for _, a := range all {
		p, err := s.Directory.PersonByAccount(ctx, a, tickets.Chat, account)
		switch {
		case tickets.CodeOf(err) == tickets.NotFound:
			continue
		case err != nil:
			return nil, nil, fmt.Errorf("academy of account %s: %w", account, err)
		}
		linked = append(linked, a)
		if p.Agent() {
			agent = append(agent, a)
		}
	}
	return linked, agent, nil
}

// academies are those that work from the chat, in order.
func (s *Commands) academies() []tickets.AcademyID {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.Tokens)), func(a tickets.AcademyID) bool {
		return !slices.ContainsFunc(s.Tokens[a], func(token string) bool { return token != "" })
	})
}

// teamOf returns the first academy in whose team the account is, or the first of
// all where the server does not say.
func (s *Commands) teamOf(ctx context.Context, all []tickets.AcademyID, account string) tickets.AcademyID {
	if len(all) > 1 {
		ctx, cancel := s.within(ctx, 2*time.Second)
		defer cancel()
		for _, id := range all {
			a, err := s.Desk.Academy(ctx, tickets.Caller{Person: tickets.Person{Academy: id}})
			if err != nil || a.Team == "" {
				continue
			}
			team, _, err := s.bot.GetTeamByName(ctx, a.Team, "")
			if err != nil {
				continue
			}
			if m, _, err := s.bot.GetTeamMember(ctx, team.Id, account, ""); err == nil && m.DeleteAt == 0 {
				return id
			}
		}
	}
	return all[0]
}

// sayInstead words what is said in place of executing the command.
func (c *call) sayInstead(ctx context.Context) (string, error) {
	switch c.command.Instead {
	case insteadMissed:
		return c.print.T("chat.message.missed"), nil
	case insteadTooFast:
		return c.print.T("chat.message.too_fast"), nil
	case insteadWhich:
		names, _, err := c.linkedIn(ctx, c.academies(), c.command.Account)
		if err != nil || len(names) == 0 {
			return "", err
		}
		words := make([]string, len(names))
		for i, a := range names {
			words[i] = "`" + string(a) + "`"
		}
		return c.print.T("chat.message.which", strings.Join(words, ", "), string(names[0])), nil
	case insteadFiled:
		return c.filedNote(ctx)
	}
	return "", nil
}
