package mattermost

import (
	"context"
	"strings"

	"cecoia.example/tickets"
)

var theme = verb{
	name: "thème", aliases: []string{"category", "categorie", "sujet", "subject", "topic"},
	run: func(ctx context.Context, c *call) (string, error) {
		p := parsePhrase(c.rest)
		named := p.words
		if len(p.numbers) == 0 {
			named, p.numbers = cutTail(c.rest)
		}
		if named == "" {
			return c.themeNames(), nil
		}
		known := c.themeChoices()
		choice, ok := findTheme(known, named)
		if !ok {
			return "", refusal(c.noTheme(known, named))
		}
		in := tickets.Input{Category: choice.theme, Subcategory: choice.subject}
		told := func(key string) func(tickets.Result) string {
			return func(res tickets.Result) string {
				return c.print.T(key, res.Number.String(), inline(c.print.Category(c.academy, res.Category, res.Subcategory)))
			}
		}
		return c.requalify(ctx, phrase{numbers: p.numbers}, in, told("chat.theme.done"), told("chat.theme.already"))
	},
}

// themeChoice is a theme, or one of its subjects, with all that people call it.
type themeChoice struct {
	theme, subject string
	names          []string // as people write it; the first is its code
}

// themeChoices are the academy's themes and their subjects.
func (c *call) themeChoices() (out []themeChoice) {
	both := func(choice tickets.Choice) []string {
		return []string{choice.Code, choice.Name.FR, choice.Name.In(tickets.English)}
	}
	for _, t := range c.academy.Themes {
		names := both(tickets.Choice{Code: t.Code, Name: t.Name})
		out = append(out, themeChoice{theme: t.Code, names: names})
		for _, s := range t.Subjects {
			var all []string
			for _, above := range names {
				for _, own := range both(s) {
					all = append(all, above+"/"+own)
				}
			}
			out = append(out, themeChoice{theme: t.Code, subject: s.Code, names: append(all, both(s)...)})
		}
	}
	return out
}

// themeKey is a name as it compares: "Messagerie › Boîte pleine" is
// "messagerie/boite pleine".
func themeKey(s string) string {
	parts := strings.FieldsFunc(fold(s), func(r rune) bool { return strings.ContainsRune("/›>»«\"“”", r) })
	for i, part := range parts {
		parts[i] = strings.Join(strings.FieldsFunc(part, func(r rune) bool { return blank(r) || r == '-' }), " ")
	}
	return strings.TrimSuffix(strings.Join(parts, "/"), "/")
}

// findTheme returns the choice of that name; false when none has it, or several
// have.
func findTheme(known []themeChoice, named string) (themeChoice, bool) {
	key := themeKey(named)
	var found []themeChoice
	for _, choice := range known {
		for _, name := range choice.names {
			if themeKey(name) == key {
				found = append(found, choice)
				break
			}
		}
	}
	if len(found) == 0 {
		return themeChoice{}, false
	}
	return found[0], len(found) == 1 || found[0].subject == ""
}

// noTheme says that no theme has that name, and which was perhaps meant.
func (c *call) noTheme(known []themeChoice, named string) string {
	names := make([][]string, len(known))
	for i, choice := range known {
		for _, name := range choice.names {
			names[i] = append(names[i], themeKey(name))
		}
	}
	said := c.print.T("chat.theme.unknown", inline(shorten(named, 40)))
	if i, ok := nearest(themeKey(named), names); ok {
		code := known[i].theme
		if known[i].subject != "" {
			code += "/" + known[i].subject
		}
		return said + " " + c.print.T("chat.theme.suggestion", inline(c.print.Category(c.academy, known[i].theme, known[i].subject)), code)
	}
	return said + "\n" + c.themeNames()
}

// themeNames lists the academy's themes and how to write them.
func (c *call) themeNames() string {
	var b strings.Builder
	b.WriteString(c.print.T("chat.theme.head") + "\n")
	for _, t := range c.academy.Themes {
		b.WriteString("- `" + t.Code + "` " + inline(t.Name.In(c.print.Lang)))
		for i, s := range t.Subjects {
			if i == 0 {
				b.WriteString(" ›")
			} else {
				b.WriteString(",")
			}
			b.WriteString(" `" + s.Code + "` " + inline(s.Name.In(c.print.Lang)))
		}
		b.WriteString("\n")
	}
	return b.String() + c.usage(c.verb)
}
