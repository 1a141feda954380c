package mattermost

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/ingest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// call is one command being executed.
type call struct {
	*Commands
	command ingest.Command
	verb    verb
	rest    string // what follows the verb, as typed
	academy tickets.Academy
	person  tickets.Person // zero unless linked
	linked  bool           // the account is that of a person of the academy
	print   locale.Printer
}

// errUsage says that the command was not understood: its usage is the answer.
var errUsage = errors.New("wrong use")

// refusal is a refusal already worded for the person.
type refusal string

func (r refusal) Error() string { return string(r) }

// Execute does what the command says and returns the answer, in the language of
// whoever asked. An error is a failure of ours.
func (s *Commands) Execute(ctx context.Context, cmd ingest.Command) (string, error) {
	c, err := s.begin(ctx, cmd)
	if err != nil {
		return "", err
	}
	switch {
	case cmd.Instead != "":
		return c.sayInstead(ctx)
	case cmd.Form != nil:
		return c.fillIn(ctx)
	}
	text, err := c.dispatch(ctx)
	if err != nil {
		if text = c.refused(err); text == "" {
			c.count(c.verb.name, failed)
			return "", err
		}
		c.count(c.verb.name, refused)
	} else {
		c.count(c.verb.name, done)
	}
	return shorten(defuse(text), maxPost), nil
}

// What becomes of a command that is executed, in the figures and the log.
const (
	done    = "done"
	refused = "refused"
	failed  = "failed"
)

// count counts an execution, and tells those who look closely of it. The verb is
// one of the table's or a form's name, "" for words that are no command.
func (c *call) count(verb, outcome string) {
	c.executed.WithLabelValues(verb, outcome).Inc()
	c.Logger.Debug("chat command", "verb", verb, "outcome", outcome, "trace", c.command.Trace.ID(), "command", c.command.ID,
		"academy", c.command.Academy, "account", c.command.Account)
}

// begin finds out for whom a command is executed.
func (s *Commands) begin(ctx context.Context, cmd ingest.Command) (*call, error) {
	c := &call{Commands: s, command: cmd}
	var err error
	if c.academy, err = s.Desk.Academy(ctx, tickets.Caller{Person: tickets.Person{Academy: cmd.Academy}}); err != nil {
		return nil, fmt.Errorf("command for academy %s: %w", cmd.Academy, err)
	}
	c.person, err = s.Directory.PersonByAccount(ctx, cmd.Academy, tickets.Chat, cmd.Account)
	if err != nil && tickets.CodeOf(err) != tickets.NotFound {
		return nil, fmt.Errorf("person of account %s: %w", cmd.Account, err)
	}
	c.linked = err == nil
	c.print = locale.For(s.lang(ctx, cmd, c.person), c.academy.Location())
	return c, nil
}

// dispatch finds the verb, checks the permission and runs it.
func (c *call) dispatch(ctx context.Context) (string, error) {
	word, rest, text := cutVerb(visible(c.command.Text))
	found := false
	if c.verb, found = c.find(word); found {
		c.rest = rest
	} else if n, after, ok := cutNumber(text); ok { // a number alone asks to see it
		c.verb, _ = c.find(voir.name)
		c.rest, found = n.String(), true
		if word, _ := cutWord(after); word != "" && c.person.Agent() {
			if v, ok := c.find(word); ok && v.offeredTo(c.person) { // "12 prendre"
				return c.print.T("chat.suggestion", v.label(c.print)+" "+n.String()), nil
			}
		}
	}
	switch {
	case found && c.verb.anyone:
	case !c.linked:
		c.audit("account is not linked")
		return "", refusal(c.unlinked())
	case !c.person.Agent():
		c.audit("person is not of the desk")
		return "", refusal(c.print.T("chat.not_agent", c.Portal.Home()))
	case !found:
		return "", refusal(c.unknown(word))
	case !c.verb.offeredTo(c.person):
		if c.verb.supervisor {
			answers, err := c.Room.Answers(ctx, c.person)
			if err != nil {
				return "", err
			}
			if answers {
				break
			}
		}
		c.audit("person is not a supervisor")
		return "", refusal(c.print.T("chat.not_supervisor", c.verb.label(c.print)))
	}
	return c.verb.run(ctx, c)
}

// labelOf is the label of the verb of that name.
func (c *call) labelOf(name string) string {
	v, _ := c.find(name)
	return v.label(c.print)
}

// offered are the verbs for the person, in the order of the table.
func (c *call) offered() []verb {
	return slices.DeleteFunc(slices.Clone(c.verbs), func(v verb) bool { return !v.offeredTo(c.person) })
}

// find returns the verb of that name or alias, whatever its accents and case,
// and a mark at its end ("why?"); no word at all asks for help.
func (s *Commands) find(word string) (verb, bool) {
	if word = strings.TrimRight(word, "?!"); word == "" {
		word = "aide"
	}
	i := slices.IndexFunc(s.verbs, func(v verb) bool {
		return fold(v.name) == fold(word) || slices.Contains(v.aliases, fold(word))
	})
	if i < 0 {
		return verb{}, false
	}
	return s.verbs[i], true
}

// unknown points from a word that is no verb to what was perhaps meant.
func (c *call) unknown(word string) string {
	text := c.print.T("chat.unknown", inline(shorten(word, 40)))
	if _, no := c.parseFilter(c.command.Text); no == "" { // "mes tickets", "en retard"
		text += " " + c.print.T("chat.suggestion", c.labelOf("liste")+" "+inline(shorten(c.command.Text, 40)))
	} else if v, ok := suggest(c.offered(), word); ok {
		text += " " + c.print.T("chat.suggestion", v.label(c.print))
	}
	return text + "\n" + c.print.T("chat.see_help")
}

// refused words a refusal, and returns "" when err is none.
func (c *call) refused(err error) string {
	var said refusal
	switch {
	case errors.As(err, &said):
		return string(said)
	case errors.Is(err, errUsage):
		return c.usage(c.verb)
	}
	switch tickets.CodeOf(err) {
	case "":
		return ""
	case tickets.Forbidden:
		c.audit("action is not theirs")
	case tickets.NotFound:
		c.audit("ticket is not there, or not theirs to see")
	case tickets.Invalid:
		return c.print.Error(err) + "\n" + c.usage(c.verb)
	}
	return c.print.Error(err)
}

// usage shows how to write the verb.
func (c *call) usage(v verb) string {
	return c.print.T("chat.usage", c.print.T(v.key("usage")), c.print.T(v.key("example")))
}

// audit notes a refused try.
func (c *call) audit(why string) {
	c.Commands.refused.WithLabelValues(why).Inc()
	c.Logger.Warn("chat command refused", "why", why, "verb", c.verb.name,
		"academy", c.command.Academy, "account", c.command.Account, "person", c.person.ID, "trace", c.command.Trace.ID(), "command", c.command.ID)
}

// by is the caller of the desk for the nth ticket of the command, from 0: each
// is applied once.
func (c *call) by(n int) tickets.Caller {
	if f := c.command.Form; f != nil {
		return tickets.Caller{Person: c.person, Origin: tickets.FromChat, Command: f.ID}
	}
	id, fingerprint := c.command.ID, c.command.Fingerprint()
	if n > 0 {
		id, fingerprint = fmt.Sprintf("%s/%d", id, n), fmt.Sprintf("%s/%d", fingerprint, n)
	}
	return tickets.Caller{Person: c.person, Origin: tickets.FromChat, Command: id, Fingerprint: fingerprint}
}

// thread returns the ticket of the card in whose thread the command was typed,
// nil outside of such a thread. The thread is only a hint: of a ticket that the
// person may not see it returns the refusal of the desk.
func (c *call) thread(ctx context.Context) (*tickets.Case, error) {
	if c.command.Thread == "" {
		return nil, nil
	}
	id, _, err := c.Directory.ThreadTicket(ctx, c.academy.ID, tickets.Chat, c.command.Thread)
	switch {
	case tickets.CodeOf(err) == tickets.NotFound, err == nil && id == uuid.Nil:
		return nil, nil
	case err != nil:
		return nil, err
	}
	card, err := c.Desk.CaseByID(ctx, c.by(0), id)
	if err != nil {
		return nil, err
	}
	return &card, nil
}

// targets returns which tickets the numbers mean, and the ticket of the card in
// whose thread they were typed, nil for none: there no number is the card's, and
// the card's rank is the card. A number typed twice counts once.
func (c *call) targets(ctx context.Context, numbers ...number) (refs []tickets.Ref, card *tickets.Case, err error) {
	card, err = c.thread(ctx)
	switch {
	case len(numbers) > 0 && tickets.CodeOf(err) == tickets.NotFound: // what was typed counts
	case err != nil:
		return nil, nil, err
	case len(numbers) == 0 && card == nil:
		return nil, nil, errUsage
	case len(numbers) == 0:
		return []tickets.Ref{card.Number.Ref()}, card, nil
	}
	for _, n := range numbers {
		ref := n.Ref
		if card != nil && n.Bare() && n.Rank == card.Number.Rank {
			ref = card.Number.Ref()
		}
		if !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return refs, card, nil
}

// about returns which tickets are meant and the words for them. Where words are
// needed, one of several numbers may be theirs, as in "12 3 écrans", and in a
// card's thread the only one; a slip would send words to a stranger, so it must
// be written beyond doubt.
func (c *call) about(ctx context.Context, needsWords bool) ([]tickets.Ref, string, error) {
	p := parsePhrase(c.rest)
	if len(p.numbers) > maxNumbers {
		return nil, "", refusal(c.print.T("chat.too_many", maxNumbers))
	}
	label := c.verb.label(c.print)
	if p.unclear() || needsWords && len(p.numbers) > 1 && p.words == "" {
		first, second := p.numbers[0].Ref.String(), p.numbers[1].Ref.String()
		return nil, "", refusal(c.print.T("chat.unclear", label, first, second))
	}
	refs, card, err := c.targets(ctx, p.numbers...)
	if err != nil {
		return nil, "", err
	}
	if card != nil && len(p.numbers) == 1 && !p.numbers[0].marked && !p.colon && refs[0].Bare() && (needsWords || p.words != "") {
		return nil, "", refusal(c.print.T("chat.ambiguous", card.Number.String(), refs[0].String(), label))
	}
	return refs, p.words, nil
}

// each does something to each ticket and tells what became of it, a line each:
// told words what was done, and is given the number of the ticket in the
// command, from 0. The refusal of an only one is returned as it is.
func (c *call) each(refs []tickets.Ref, do func(n int, ref tickets.Ref) (string, error)) (string, error) {
	lines := make([]string, len(refs))
	for i, ref := range refs {
		line, err := do(i, ref)
		if err != nil && len(refs) > 1 {
			line = c.refused(err)
			if line != "" {
				line, err = c.print.T("chat.each.not", ref.String(), line), nil
			}
		}
		if err != nil {
			return "", err
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n"), nil
}

// apply does an action to each of the tickets and words what was done by told,
// or says that it was done before, perhaps with other words or too long ago.
func (c *call) apply(ctx context.Context, refs []tickets.Ref, action tickets.Action, in tickets.Input, told func(tickets.Result) string) (string, error) {
	return c.applyOr(ctx, refs, action, in, told, c.already)
}

// applyOr is apply with its own words for what was so before.
func (c *call) applyOr(ctx context.Context, refs []tickets.Ref, action tickets.Action, in tickets.Input, told, before func(tickets.Result) string) (string, error) {
	return c.each(refs, func(n int, ref tickets.Ref) (string, error) {
		if speaks(action) && (in.Text != "" || in.Cause != "" || in.Into != (tickets.Ref{})) { // without words it is refused for that
			sure, err := c.sure(ctx, ref)
			if err != nil {
				return "", err
			}
			ref = sure
		}
		by := c.by(n)
		res, err := c.Desk.Do(ctx, by, ref, action, in)
		switch {
		case err != nil:
			return "", err
		case res.Event == nil, movedOn(res, by):
			return before(res), nil
		}
		return told(res), nil
	})
}

// act does an action that needs words to the tickets that the command names.
func (c *call) act(ctx context.Context, action tickets.Action, told func(tickets.Result) string) (string, error) {
	refs, words, err := c.about(ctx, true)
	if err != nil {
		return "", err
	}
	return c.apply(ctx, refs, action, tickets.Input{Text: words}, told)
}

// speaks says whether the action tells the requester something that cannot be
// taken back: by its words, or as a merge does, by the number that it gives.
func speaks(action tickets.Action) bool {
	switch action {
	case tickets.ActionInform, tickets.ActionAsk, tickets.ActionResolve, tickets.ActionClose, tickets.ActionReopen, tickets.ActionMerge:
		return true
	}
	return false
}

// sure returns the full number that a bare rank means, or refuses where somebody
// may well have meant another ticket: words to a requester cannot be taken back.
// That is when the person has not taken the ticket, and either it is not of today
// or they have another of that rank.
func (c *call) sure(ctx context.Context, ref tickets.Ref) (tickets.Ref, error) {
	if !ref.Bare() {
		return ref, nil
	}
	cs, err := c.Desk.Case(ctx, c.by(0), ref)
	if err != nil {
		return ref, err
	}
	full := cs.Number.Ref()
	if cs.Assignee == c.person.ID {
		return full, nil
	}
	label := c.verb.label(c.print)
	if cs.Number.Day != tickets.DayOf(c.Now(), c.academy.Location()) {
		return ref, refusal(c.print.T("chat.unsure.day", ref.String(), full.String(), inline(cs.Who(cs.Beneficiary).Name()), label))
	}
	mine, err := c.Desk.List(ctx, c.by(0), tickets.Query{Scope: tickets.ScopeDesk, Assignee: c.person.ID, Statuses: unresolved, Limit: 100})
	if err != nil {
		return ref, err
	}
	i := slices.IndexFunc(mine.Cases, func(m tickets.Case) bool { return m.Number.Rank == ref.Rank })
	if i >= 0 {
		return ref, refusal(c.print.T("chat.unsure.mine", ref.String(), full.String(), mine.Cases[i].Number.String(), label))
	}
	return full, nil
}

// unresolved are the statuses of what is to be worked on.
var unresolved = []tickets.Status{tickets.StatusNew, tickets.StatusInProgress, tickets.StatusWaiting}

// movedOn says whether what was applied was another command, the same words a
// moment ago, since which the ticket has moved on: nothing is done now.
func movedOn(res tickets.Result, by tickets.Caller) bool {
	return res.Event != nil && res.Event.Command != by.Command && res.Event.To != res.Status
}

func (c *call) already(res tickets.Result) string {
	return c.print.T("chat.already", res.Number.String(), res.Status, res.StatusAt)
}
