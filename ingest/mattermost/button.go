package mattermost

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/mattermost/mattermost/server/public/model"

	"cecoia.example/ingest"
	"cecoia.example/tickets"
	"cecoia.example/tickets/locale"
)

// click answers a click on a button: it is the button's verb typed in the
// thread of its card. Nothing of a callback is to be believed but user_id, so
// its context must be signed by us for that ticket, channel and time, and its
// post must be one that the bot made for that ticket.
func (s *Commands) click(r *http.Request, gateway *ingest.Gateway) string {
	p := locale.For(tickets.French, nil)
	body, err := s.readBody(r, "application/json")
	var req model.PostActionIntegrationRequest
	if err == nil {
		err = json.Unmarshal(body, &req)
	}
	if err != nil || !idPattern.MatchString(req.UserId) || !idPattern.MatchString(req.PostId) {
		s.refuse(r, "malformed")
		return p.T("chat.http.malformed")
	}
	refuse := func(why string) string {
		s.refuse(r, why, "account", req.UserId, "post", req.PostId, "channel", req.ChannelId)
		return p.T("chat.button.refused", Trigger)
	}
	button, ok := s.Keyring.ParseButton(req.Context, s.Now())
	if !ok {
		return refuse("button is forged or expired")
	}
	word, _ := cutWord(button.Operation) // what follows are its words: "différer 2 h"
	v, ok := s.find(word)
	_, asks := formNamed(button.Operation)
	if !asks && (!ok || !v.button) || len(s.Tokens[button.Academy]) == 0 {
		return refuse("button stands for nothing")
	}
	if req.ChannelId != button.Channel {
		return refuse("button is from another channel")
	}
	thread := req.PostId
	if button.Operation == pourquoi.name {
		thread = s.root(r.Context(), req.PostId)
	}
	ticket, err := s.postTicket(r.Context(), button.Academy, thread)
	switch {
	case tickets.CodeOf(err) == tickets.NotFound, err == nil && ticket != button.Ticket:
		return refuse("button is on a post that is not the bot's for its ticket")
	case err != nil:
		s.Logger.Error("ticket of a post", "trace", tickets.TraceOf(r.Context()).ID(), "post", req.PostId, "academy", button.Academy, "error", err)
		return p.T("error.internal")
	}
	cmd := ingest.Command{
		ID:      commandID(req.TriggerId, req.UserId, req.PostId, button.Operation),
		Academy: button.Academy, Account: req.UserId, Text: button.Operation,
		Place: req.ChannelId, Thread: thread, ReceivedAt: s.Now(),
	}
	if said, is := s.tooFast(r, cmd); is {
		return said
	}
	if said, ok := s.openDialog(r.Context(), cmd, req.TriggerId); ok {
		return said
	}
	return s.submit(r.Context(), gateway, cmd)
}

// postTicket returns which ticket a post of the bot is about. Which it is, is
// recorded just after it was posted: a quick click may come between.
func (s *Commands) postTicket(ctx context.Context, academy tickets.AcademyID, post string) (uuid.UUID, error) {
	for wait := 100 * time.Millisecond; ; wait *= 2 {
		ticket, _, err := s.Directory.ThreadTicket(ctx, academy, tickets.Chat, post)
		if tickets.CodeOf(err) != tickets.NotFound || wait > 500*time.Millisecond {
			return ticket, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return uuid.Nil, ctx.Err()
		}
	}
}

// root returns the post in whose thread the bot posted that one, or the post
// itself: news in a direct message's thread have a button of their own.
func (s *Commands) root(ctx context.Context, post string) string {
	if s.bot == nil {
		return post
	}
	ctx, cancel := s.within(ctx, time.Second)
	defer cancel()
	me, err := s.me(ctx)
	if err != nil {
		s.Logger.Info("root of a post is not known", "post", post, "error", err)
		return post
	}
	p, _, err := s.bot.GetPost(ctx, post, "")
	if err != nil || p.UserId != me.Id || p.RootId == "" {
		return post
	}
	return p.RootId
}
