package mattermost

import (
	"context"
	"errors"
	"fmt"
	"slices"

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
	c := &call{Commands: s, command: cmd}
	var err error
	if c.academy, err = s.Desk.Academy(ctx, tickets.Caller{Person: tickets.Person{Academy: cmd.Academy}}); err != nil {
		return "", fmt.Errorf("command for academy %s: %w", cmd.Academy, err)
	}
	c.person, err = s.Directory.PersonByAccount(ctx, cmd.Academy, tickets.Chat, cmd.Account)
	if err != nil && tickets.CodeOf(err) != tickets.NotFound {
		return "", fmt.Errorf("person of account %s: %w", cmd.Account, err)
	}
	c.linked = err == nil
	c.print = locale.For(c.person.Lang, c.academy.Location())

	text, err := c.dispatch(ctx)
	if err != nil {
		if text = c.refused(err); text == "" {
			return "", err
		}
	}
	return shorten(defuse(text), maxPost), nil
}

// dispatch finds the verb, checks the permission and runs it.
func (c *call) dispatch(ctx context.Context) (string, error) {
	word, rest := cutWord(c.command.Text)
	if fold(word) == Trigger { // "/ticket" typed twice
		word, rest = cutWord(rest)
	}
	found := false
	if c.verb, found = c.find(word); found {
		c.rest = rest
	} else if n, _, ok := cutNumber(c.command.Text); ok { // a number alone asks to see it
		c.verb, _ = c.find(voir.name)
		c.rest, found = n.String(), true
	}
	switch {
	case found && c.verb.anyone:
	case !c.linked:
		c.audit("account is not linked")
		return c.print.T("chat.unlinked", c.academy.Name, c.command.Account), nil
	case !c.person.Agent():
		c.audit("person is not of the desk")
		return c.print.T("chat.not_agent", c.Portal.Home()), nil
	case !found:
		return c.unknown(word), nil
	}
	return c.verb.run(ctx, c)
}

// find returns the verb of that name or alias, whatever its accents and case;
// no word at all asks for help.
func (s *Commands) find(word string) (verb, bool) {
	if word == "" {
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
	if v, ok := suggest(c.verbs, word); ok {
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
	c.Logger.Warn("chat command refused", "why", why, "verb", c.verb.name,
		"academy", c.command.Academy, "account", c.command.Account, "person", c.person.ID, "command", c.command.ID)
}

// by is the caller of the desk for the nth ticket of the command, from 0: each
// is applied once.
func (c *call) by(n int) tickets.Caller {
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
// the card's rank is the card.
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
		refs = append(refs, ref)
	}
	return refs, card, nil
}

// targetAndWords returns which ticket is meant and the words for it. In a
// card's thread "3 imprimantes" may name ticket 3 or begin a sentence: a slip
// would send words to a stranger, so it must be written beyond doubt.
func (c *call) targetAndWords(ctx context.Context) (tickets.Ref, string, error) {
	n, rest, ok := cutNumber(c.rest)
	var numbers []number
	if ok {
		numbers = append(numbers, n)
	}
	refs, card, err := c.targets(ctx, numbers...)
	if err != nil {
		return tickets.Ref{}, "", err
	}
	if card != nil && ok && !n.marked && refs[0].Bare() {
		return tickets.Ref{}, "", refusal(c.print.T("chat.ambiguous", card.Number.String(), n.Rank, c.verb.label(c.print)))
	}
	return refs[0], plainText(rest), nil
}

// act does an action with words on the ticket meant.
func (c *call) act(ctx context.Context, action tickets.Action) (tickets.Result, error) {
	ref, text, err := c.targetAndWords(ctx)
	if err != nil {
		return tickets.Result{}, err
	}
	by := c.by(0)
	res, err := c.Desk.Do(ctx, by, ref, action, tickets.Input{Text: text})
	// Done before by the same person: perhaps with other words, or too long ago.
	if err == nil && (res.Event == nil || movedOn(res, by)) {
		return res, refusal(c.already(res))
	}
	return res, err
}

// movedOn says whether what was applied was another command, the same words a
// moment ago, since which the ticket has moved on: nothing is done now.
func movedOn(res tickets.Result, by tickets.Caller) bool {
	return res.Event != nil && res.Event.Command != by.Command && res.Event.To != res.Status
}

func (c *call) already(res tickets.Result) string {
	return c.print.T("chat.already", res.Number.String(), res.Status, res.StatusAt)
}

// hearers returns who gets a mail of an action of this person on the ticket, as
// the policy decides it for the actions that speak to the requester.
func (c *call) hearers(cs tickets.Case) (names []string) {
	for _, id := range slices.Compact([]uuid.UUID{cs.Beneficiary, cs.Requester}) {
		if id != c.person.ID && id != uuid.Nil {
			names = append(names, inline(cs.Who(id).Name()))
		}
	}
	return names
}

// sent says which words go to whom by mail.
func (c *call) sent(res tickets.Result) string {
	quoted := c.quote(res.Event.Text)
	switch names := c.hearers(res.Case); len(names) {
	case 0:
		return c.print.T("chat.sent.nobody", quoted)
	case 1:
		return c.print.T("chat.sent.one", names[0], quoted)
	default:
		return c.print.T("chat.sent.two", names[0], names[1], quoted)
	}
}

// quote shows words within a sentence when they are short, below it otherwise.
func (c *call) quote(text string) string {
	if short := shorten(text, 300); short == text && inline(text) == literal(text) {
		return c.print.T("chat.quote", literal(text))
	}
	return "\n" + block(shorten(text, 4000))
}
