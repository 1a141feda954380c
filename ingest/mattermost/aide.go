package mattermost

import (
	"context"
	"slices"
	"strings"
)

var aide = verb{
	name: "aide", aliases: []string{"help", "?", "h"}, anyone: true,
	run: func(_ context.Context, c *call) (string, error) {
		if word, _ := cutWord(c.rest); word != "" {
			return c.helpOn(word), nil
		}
		return c.help(), nil
	},
}

// help is one screen: a line for each verb that the person may use.
func (c *call) help() string {
	var b strings.Builder
	b.WriteString(c.print.T("chat.help.head", c.academy.Name) + "\n\n")
	b.WriteString(c.print.T("chat.help.columns") + "\n|:--|:--|\n")
	for _, v := range c.offered() {
		if v.rare {
			continue
		}
		b.WriteString("| `" + c.print.T(v.key("usage")) + "` | " + c.print.T(v.key("about")) + " |\n")
	}
	switch {
	case !c.linked:
		b.WriteString("\n" + c.unlinked())
	case !c.person.Agent():
		b.WriteString("\n" + c.print.T("chat.help.desk_only", c.Portal.Home()))
	default:
		b.WriteString("\n" + c.print.T("chat.help.numbers"))
	}
	return b.String()
}

// helpOn tells all about one verb.
func (c *call) helpOn(word string) string {
	v, ok := c.find(word)
	switch {
	case ok && v.offeredTo(c.person):
	case !c.linked:
		return c.unlinked()
	case !c.person.Agent():
		return c.print.T("chat.not_agent", c.Portal.Home())
	case !ok:
		return c.unknown(word)
	default:
		return c.print.T("chat.not_supervisor", v.label(c.print))
	}
	label := v.label(c.print)
	said := c.print.T("chat.help.verb", label, c.print.T(v.key("about"))) + " " + c.print.T(v.key("more")) + "\n" + c.usage(v)
	if other := slices.DeleteFunc(append([]string{v.name}, v.aliases...), func(name string) bool { return name == label }); len(other) > 0 {
		said += "\n" + c.print.T("chat.help.aliases", "`"+strings.Join(other, "`, `")+"`")
	}
	return said
}
