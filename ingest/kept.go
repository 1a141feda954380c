package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// sweepLimit is how many kept commands of an academy one sweep looks at.
const sweepLimit = 100

// maxLine is how many commands of one author wait here to be executed.
const maxLine = 100

// effort is what this process has tried for a kept command.
type effort struct {
	tries   int
	replies int       // uses of the reply handle, then of the other way
	next    time.Time // not tried again before
	ended   bool      // an answer that still comes was given before
}

// keep makes a command durable, so that "the answer follows" is true, and says
// whether it was not before.
func (g *Gateway) keep(ctx context.Context, c Command) (first bool, err error) {
	payload, err := json.Marshal(c)
	if err != nil {
		return false, fmt.Errorf("keeping command %s: %w", c.ID, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTimeout)
	defer cancel()
	return g.Store.AcceptCommand(ctx, c.Academy, c.ID, payload, g.Now())
}

// finish ends a kept command. When it cannot, the sweep executes the command
// again, which changes nothing.
func (g *Gateway) finish(ctx context.Context, c Command) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTimeout)
	defer cancel()
	if err := g.Store.FinishCommand(ctx, c.Academy, c.ID); err != nil {
		g.Logger.Warn("command not ended", "trace", c.Trace.ID(), "command", c.ID, "academy", c.Academy, "error", err)
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.effort(c.ID).ended = true
	for token, w := range g.waiting {
		if w.late && w.command.ID == c.ID {
			delete(g.waiting, token)
		}
	}
}

// settle sends a late answer and ends the command. It returns false when that
// is to be tried again.
func (g *Gateway) settle(ctx context.Context, s settlement) bool {
	c := s.command
	if s.outcome.Retry {
		return false
	}
	tries, ended := g.countReply(c.ID)
	if ended {
		return true
	}
	if err := g.tellLate(ctx, c, s.outcome.Answer, tries); err != nil {
		g.Logger.Warn("late answer not delivered", "trace", c.Trace.ID(), "command", c.ID, "academy", c.Academy, "error", err)
		if !errors.Is(err, ErrUndeliverable) {
			return false
		}
	}
	g.finish(ctx, c)
	return true
}

// tellLate sends a late answer by the reply handle, and by the other way once
// that is of no use.
func (g *Gateway) tellLate(ctx context.Context, c Command, a Answer, tries int) error {
	err := ErrUndeliverable
	if c.Reply != "" && g.Reply != nil && tries <= replyTries {
		err = g.Reply(ctx, c, a)
	}
	if !errors.Is(err, ErrUndeliverable) || g.Direct == nil {
		return err
	}
	if tries > directTries {
		return fmt.Errorf("after %d tries: %w", tries-1, ErrUndeliverable)
	}
	return g.Direct(ctx, c, a)
}

func (g *Gateway) countReply(id string) (tries int, ended bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := g.effort(id)
	e.replies++
	return e.replies, e.ended
}

// effort returns what was tried for the command; g.mu is held.
func (g *Gateway) effort(id string) *effort {
	e := g.efforts[id]
	if e == nil {
		e = &effort{next: g.Now()}
		g.efforts[id] = e
	}
	return e
}

// begin says whether it is time to try the kept command again, and counts the
// try: after 1, 2, 4 … times Abandoned, at most 5 minutes.
func (g *Gateway) begin(id string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	e := g.effort(id)
	now := g.Now() // after the effort was made: a new one is due
	if now.Before(e.next) || e.ended {
		return false
	}
	e.next = now.Add(min(g.Abandoned<<min(e.tries, 10), 5*time.Minute))
	e.tries++
	return true
}

// sweep executes the commands that were kept a while ago and never ended.
func (g *Gateway) sweep(ctx context.Context) {
	g.prune()
	academies, err := g.Store.Academies(ctx)
	if err != nil {
		g.Logger.Warn("sweep of kept commands", "error", err)
		return
	}
	for _, a := range academies {
		payloads, err := g.Store.AcceptedCommands(ctx, a.ID, g.Now().Add(-g.Abandoned), sweepLimit)
		if err != nil {
			g.Logger.Warn("sweep of kept commands", "academy", a.ID, "error", err)
			return
		}
		for _, payload := range payloads {
			var c Command
			if err := json.Unmarshal(payload, &c); err != nil {
				g.Logger.Error("kept command is unreadable", "academy", a.ID, "error", err)
				continue
			}
			if !g.begin(c.ID) || g.claimed(ctx, c.ID) {
				continue
			}
			if !g.spawn(ctx, func() { g.settle(ctx, settlement{c, g.execute(ctx, c)}) }) {
				return
			}
		}
	}
}

// takeLoop executes what was taken here, of each author one after the other, as
// they wrote it; a process that ends before leaves it to the sweep of another.
func (g *Gateway) takeLoop(ctx context.Context) {
	for {
		select {
		case c := <-g.taken:
			author := authorOf(c)
			g.mu.Lock()
			line, busy := g.lines[author]
			if len(line) < maxLine { // else the sweep executes it
				g.lines[author] = append(line, c)
			}
			g.mu.Unlock()
			if !busy {
				g.work.Go(func() { g.executeLine(ctx, author) })
			}
		case <-ctx.Done():
			return
		}
	}
}

func authorOf(c Command) string { return string(c.Academy) + "/" + c.Account }

// executeLine executes what waits of that author, and what comes meanwhile.
func (g *Gateway) executeLine(ctx context.Context, author string) {
	for {
		g.mu.Lock()
		line := g.lines[author]
		if len(line) == 0 {
			delete(g.lines, author)
			g.mu.Unlock()
			return
		}
		c := line[0]
		g.lines[author] = line[1:]
		g.mu.Unlock()
		select {
		case g.workers <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if g.begin(c.ID) {
			g.settle(ctx, settlement{c, g.execute(ctx, c)})
		}
		<-g.workers
	}
}

// prune forgets what nobody will ask for any more.
func (g *Gateway) prune() {
	old := g.Now().Add(-2 * giveUpAfter)
	g.mu.Lock()
	defer g.mu.Unlock()
	for token, w := range g.waiting {
		if w.late && w.command.ReceivedAt.Before(old) {
			delete(g.waiting, token)
		}
	}
	for id, e := range g.efforts {
		if e.next.Before(old) {
			delete(g.efforts, id)
		}
	}
}

// spawn runs f in a worker's slot, waiting for one; false when ctx ended first.
func (g *Gateway) spawn(ctx context.Context, f func()) bool {
	select {
	case g.workers <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	g.work.Go(func() {
		defer func() { <-g.workers }()
		f()
	})
	return true
}
