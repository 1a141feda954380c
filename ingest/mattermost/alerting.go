package mattermost

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/oncall"
)

// The verbs of supervision act on alerts by their number ("A12", "12"), in the
// thread of an alert's card on that, and on the only one where there is one.

// alertPattern reads an alert's number at the head of what follows a verb.
var alertPattern = regexp.MustCompile(`(?i)^(?:alerte|alert)?[\s\p{Z}]*(?:n[°º]|№|#)?[\s\p{Z}]*(A?)([0-9]{1,6})(?:[\s\p{Z},;:.]+|$)`)

// aboutAlert returns which alert is meant, and what follows its number. A bare
// figure is none where more follows it: "différer 30 min".
func (c *call) aboutAlert(ctx context.Context) (oncall.Ref, string, error) {
	s := plainText(c.rest)
	if m := alertPattern.FindStringSubmatch(s); m != nil {
		rest := s[len(m[0]):]
		if unit, _ := cutWord(rest); m[1] != "" || !timeUnits[fold(unit)] {
			rank, err := strconv.Atoi(m[2])
			return oncall.Ref{Rank: rank}, rest, err
		}
	}
	if c.command.Thread != "" {
		id, _, err := c.Directory.ThreadTicket(ctx, c.academy.ID, tickets.Chat, c.command.Thread)
		if err != nil && tickets.CodeOf(err) != tickets.NotFound {
			return oncall.Ref{}, "", err
		}
		if err == nil {
			return oncall.Ref{ID: id}, s, nil
		}
	}
	board, err := c.Room.Board(ctx, c.by(0))
	switch {
	case err != nil:
		return oncall.Ref{}, "", err
	case len(board.Alerts) == 0:
		return oncall.Ref{}, "", refusal(c.print.T("chat.alerts.none"))
	case len(board.Alerts) > 1:
		return oncall.Ref{}, "", refusal(c.print.T("chat.alerts.which", c.verb.label(c.print)) + "\n" + c.alertList(board.Alerts))
	}
	if _, _, _, ok := cutLength(s); !ok && s != "" { // it was to name one
		return oncall.Ref{}, "", errUsage
	}
	return oncall.Ref{ID: board.Alerts[0].Alert}, s, nil
}

// timeUnits are the words for units of time, folded.
var timeUnits = map[string]bool{
	"min": true, "mn": true, "m": true, "minute": true, "minutes": true,
	"h": true, "heure": true, "heures": true, "hour": true, "hours": true,
	"j": true, "jour": true, "jours": true, "d": true, "day": true, "days": true,
}

// lengthPattern reads a length of time: "30 min", "2h", "1 h 30", "3 jours".
var lengthPattern = regexp.MustCompile(`(?i)\b([0-9]{1,4})[\s\p{Z}]*(minutes?|min|mn|heures?|hours?|h|jours?|days?|j|d|m)(?:[\s\p{Z}]*([0-9]{1,2})(?:[\s\p{Z}]*(?:min|mn))?)?(?:[\s\p{Z},;:.]+|$)`)

// cutLength finds the first length of time in s, and returns what is before and
// after it; false when there is none.
func cutLength(s string) (before string, length time.Duration, after string, ok bool) {
	m := lengthPattern.FindStringSubmatchIndex(s)
	if m == nil {
		return s, 0, "", false
	}
	n, _ := strconv.Atoi(s[m[2]:m[3]])
	unit := time.Minute
	switch fold(s[m[4]:m[5]])[0] {
	case 'h':
		unit = time.Hour
	case 'j', 'd':
		unit = 24 * time.Hour
	}
	length = time.Duration(n) * unit
	if m[6] >= 0 && unit == time.Hour {
		more, _ := strconv.Atoi(s[m[6]:m[7]])
		length += time.Duration(more) * time.Minute
	}
	return strings.TrimSpace(s[:m[0]]), length, strings.TrimSpace(s[m[1]:]), true
}

// alertList writes a line for each alert.
func (c *call) alertList(cards []oncall.Card) string {
	lines := make([]string, len(cards))
	for i, card := range cards {
		lines[i] = "- " + c.alertLine(card)
	}
	return strings.Join(lines, "\n")
}

// alertLine is an alert in a line: its number, how bad, what, how many, since
// when and how it stands.
func (c *call) alertLine(card oncall.Card) string {
	p := c.print
	parts := []string{"**A" + strconv.Itoa(card.Rank) + "**", p.T("alert.severity." + strconv.Itoa(int(card.Severity))), p.T("alert." + string(card.Rule))}
	if about := p.AlertAbout(c.academy, string(card.Rule), card.Theme, card.Subject); about != "" {
		parts = append(parts, inline(about))
	}
	parts = append(parts, p.N(countKey(card), card.Count), p.T("alert.since", card.Since))
	state := "alert.state." + string(card.State)
	switch card.State {
	case oncall.StateHeld, oncall.StateSnoozed:
		parts = append(parts, p.T(state, inline(card.Owner), card.Until))
	case oncall.StateResolved: // a command that came twice finds it so
		parts = append(parts, p.T(state, card.EndedAt))
	default:
		parts = append(parts, p.T(state))
	}
	return strings.Join(parts, " · ")
}

// countKey says how what an alert counts is worded.
func countKey(card oncall.Card) string {
	if len(card.Worst) > 0 {
		return "alert.tickets"
	}
	return "alert.things"
}

// alertDone is the answer to what was done to an alert.
func (c *call) alertDone(key string, card oncall.Card) string {
	return c.print.T(key, card.Rank) + "\n" + c.alertLine(card)
}

// dutyName is how somebody on duty is named.
func (c *call) dutyName(p tickets.Person) string {
	if p.ID == uuid.Nil {
		return c.print.T("alert.duty.nobody")
	}
	return inline(p.Name())
}
