package mattermost

import (
	"context"
	"strings"

	"cecoia.example/tickets"
)

var compte = verb{
	name: "compte", aliases: []string{"account", "whoami", "qui"}, anyone: true,
	run: func(_ context.Context, c *call) (string, error) {
		if !c.linked {
			return c.print.T("chat.unlinked", c.academy.Name, c.command.Account), nil
		}
		text := c.print.T("chat.account.person", inline(c.person.Name()), c.person.Email, c.academy.Name)
		if !c.person.Agent() {
			return text + "\n" + c.print.T("chat.account.staff", c.Portal.Home()), nil
		}
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
		return text + "\n" + strings.Join(groups, ", ") + ".", nil
	},
}
