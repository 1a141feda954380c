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
		var b strings.Builder
		b.WriteString(c.print.T("chat.help.head", c.academy.Name) + "\n\n")
		b.WriteString(c.print.T("chat.help.columns") + "\n|:--|:--|\n")
		for _, v := range c.verbs {
			if v.anyone || c.person.Agent() {
				b.WriteString("| `/" + Trigger + " " + c.print.T(v.key("usage")) + "` | " + c.print.T(v.key("about")) + " |\n")
			}
		}
		switch {
		case !c.linked:
			b.WriteString("\n" + c.print.T("chat.unlinked", c.academy.Name, c.command.Account))
		case !c.person.Agent():
			b.WriteString("\n" + c.print.T("chat.help.desk_only", c.Portal.Home()))
		default:
			b.WriteString("\n" + c.print.T("chat.help.numbers"))
		}
		return b.String(), nil
	},
}

// helpOn tells all about one verb.
func (c *call) helpOn(word string) string {
	v, ok := c.find(word)
	if !ok {
		return c.unknown(word)
	}
	label := v.label(c.print)
	other := slices.DeleteFunc(append([]string{v.name}, v.aliases...), func(name string) bool { return name == label })
	return c.print.T("chat.help.verb", label, c.print.T(v.key("about"))) + "\n" +
		c.usage(v) + "\n" + c.print.T("chat.help.aliases", "`"+strings.Join(other, "`, `")+"`")
}
