package mattermost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"cecoia.example/ingest"
	"cecoia.example/tickets"
)

// replyLife is how long Mattermost takes late answers to a command.
const replyLife = 30 * time.Minute

// Reply sends a late answer to whoever typed the command. The address is a
// secret: no error names it. It returns [ingest.ErrUndeliverable] when
// Mattermost will never take it.
func (s *Commands) Reply(ctx context.Context, c ingest.Command, a ingest.Answer) error {
	if s.Now().Sub(c.ReceivedAt) > replyLife {
		return fmt.Errorf("replying to command %s, received %s ago: %w", c.ID, s.Now().Sub(c.ReceivedAt).Round(time.Second), ingest.ErrUndeliverable)
	}
	body, err := json.Marshal(ephemeral(s.word(ctx, c, a)))
	if err != nil {
		return fmt.Errorf("replying to command %s: %w", c.ID, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.BaseURL+"/hooks/commands/"+url.PathEscape(c.Reply), bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("replying to command %s: the base URL is not one", c.ID)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.Client.Do(req)
	if err != nil {
		var named *url.Error
		if errors.As(err, &named) {
			err = named.Err // without the address
		}
		return fmt.Errorf("replying to command %s: %w", c.ID, err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
	switch {
	case resp.StatusCode == http.StatusOK:
		return nil
	case resp.StatusCode >= 400 && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusRequestTimeout:
		return fmt.Errorf("replying to command %s: status %d: %w", c.ID, resp.StatusCode, ingest.ErrUndeliverable)
	}
	return fmt.Errorf("replying to command %s: status %d", c.ID, resp.StatusCode)
}

// langOf is the language for whoever sent the command.
func (s *Commands) langOf(ctx context.Context, c ingest.Command) tickets.Lang {
	person, err := s.Directory.PersonByAccount(ctx, c.Academy, tickets.Chat, c.Account)
	if err != nil && tickets.CodeOf(err) != tickets.NotFound {
		return tickets.French
	}
	return s.lang(ctx, c, person)
}
