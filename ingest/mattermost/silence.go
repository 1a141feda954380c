package mattermost

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

// silence keeps a rule, a theme, or a rule of a theme from being told for a
// while, for a reason; alone it shows the silences, and "fin 3" ends one.
var silence = verb{
	name: "silence", aliases: []string{"mute", "silences"}, supervisor: true,
	run: func(ctx context.Context, c *call) (string, error) {
		s := plainText(c.rest)
		if s == "" {
			board, err := c.Room.Board(ctx, c.by(0))
			if err != nil {
				return "", err
			}
			if len(board.Silences) == 0 {
				return c.print.T("chat.silence.none"), nil
			}
			return c.silences(board), nil
		}
		if m := silenceEnd.FindStringSubmatch(fold(s)); m != nil {
			rank, err := strconv.Atoi(m[1])
			if err != nil {
				return "", errUsage
			}
			if err := c.Room.EndSilence(ctx, c.by(0), rank); err != nil {
				return "", err
			}
			return c.print.T("chat.silence.ended", rank), nil
		}
		what, length, reason, ok := cutLength(s)
		if !ok {
			return "", errUsage
		}
		rule, theme, ok := c.silenced(what)
		if !ok && what != "" { // nothing at all is refused by the room
			return "", refusal(c.print.T("chat.silence.unknown", inline(shorten(what, 40)), c.ruleNames()))
		}
		made, err := c.Room.Silence(ctx, c.by(0), rule, theme, length, strings.TrimLeft(reason, ":–- "))
		if err != nil {
			return "", err
		}
		return c.print.T("chat.silence.done", c.silenceName(made), made.Until, made.Rank), nil
	},
}

// silenceEnd reads "fin 3", folded.
var silenceEnd = regexp.MustCompile(`^(?:fin|finir|lever|annuler|end|stop|cancel|off)\s*(?:n[°o]|#|s)?\s*([0-9]{1,6})$`)

// silenced reads what is to be silenced: the name of a rule, of a theme, or of a
// rule and then a theme.
func (c *call) silenced(s string) (tickets.AlertRule, string, bool) {
	words := strings.Fields(s)
	for n := len(words); n >= 0; n-- {
		rule, ok := c.ruleNamed(strings.Join(words[:n], " "))
		if n > 0 && !ok {
			continue
		}
		rest := strings.Join(words[n:], " ")
		if rest == "" {
			return rule, "", n > 0
		}
		if theme, ok := c.themeNamed(rest); ok {
			return rule, theme, true
		}
	}
	return "", "", false
}

// ruleNamed returns the rule that people call s, in either language.
func (c *call) ruleNamed(s string) (tickets.AlertRule, bool) {
	s = fold(s)
	if len(s) < 3 {
		return "", false
	}
	rules := tickets.AlertRules()
	names := make([][]string, len(rules))
	for i, r := range rules {
		names[i] = []string{string(r), c.print.T("alert." + string(r))}
		for _, name := range names[i] {
			if fold(name) == s {
				return r, true
			}
		}
	}
	if i, ok := nearest(s, names); ok {
		return rules[i], true
	}
	return "", false
}

// themeNamed returns the code of the theme that people call s.
func (c *call) themeNamed(s string) (string, bool) {
	names := make([][]string, len(c.academy.Themes))
	for i, t := range c.academy.Themes {
		names[i] = []string{t.Code, t.Name.FR, t.Name.EN}
		for _, name := range names[i] {
			if fold(name) == fold(s) {
				return t.Code, true
			}
		}
	}
	if i, ok := nearest(s, names); ok {
		return c.academy.Themes[i].Code, true
	}
	return "", false
}

func (c *call) ruleNames() string {
	var names []string
	for _, r := range tickets.AlertRules() {
		names = append(names, c.print.T("alert."+string(r)))
	}
	return strings.Join(names, ", ")
}

// silences lists what is silenced, by whom, why and until when.
func (c *call) silences(board oncall.Board) string {
	lines := []string{c.print.T("chat.silence.head")}
	for _, s := range board.Silences {
		lines = append(lines, "- "+c.print.T("chat.silence.line", s.Rank, c.silenceName(s), s.Until, inline(board.People[s.By].Name()), inline(s.Reason)))
	}
	return strings.Join(lines, "\n")
}

func (c *call) silenceName(s oncall.Silence) string {
	var parts []string
	if s.Rule != "" {
		parts = append(parts, c.print.T("alert."+string(s.Rule)))
	}
	if s.Theme != "" {
		parts = append(parts, inline(c.print.Theme(c.academy, s.Theme)))
	}
	return strings.Join(parts, " · ")
}
