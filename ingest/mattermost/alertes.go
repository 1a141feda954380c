package mattermost

import "context"

// alertes is for supervisors. Until there are alerts it says so.
var alertes = verb{name: "alertes", aliases: []string{"alerts"}, supervisor: true, run: awaitsSupervision}

// awaitsSupervision answers for the verbs about alerts: they come with the
// supervision of the desk, which is not there yet, so nothing is done.
func awaitsSupervision(_ context.Context, c *call) (string, error) {
	return c.print.T("chat.supervision.later", c.verb.label(c.print)), nil
}
