package mattermost

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// newOutgoingClient sends the requests of commands, buttons and dialogs.
// Connections are kept alive, redirects followed (a 302 as GET), as on 11.2.
func newOutgoingClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
}

// untilTimeout bounds an outgoing request. It goes on when the user's client
// leaves, as on a real server, and ends when the double is closed. Always call
// cancel.
func (s *Server) untilTimeout(ctx context.Context) (_ context.Context, cancel context.CancelFunc) {
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	go func() {
		select {
		case <-s.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// do sends a request as the server's integrations do.
func (s *Server) do(req *http.Request) (*http.Response, error) {
	req.Header.Set("User-Agent", "Mattermost-Bot/1.1")
	req.Header.Set("Accept", "application/json")
	return s.outgoing.Do(req)
}

// postJSON sends an integration's callback and reads at most 1 MiB of the
// answer. There is no authentication in it at all. Only 200 counts.
func (s *Server) postJSON(ctx context.Context, address string, v any) ([]byte, error) {
	ctx, cancel := s.untilTimeout(ctx)
	defer cancel()
	failed := badRequest("api.post.do_action.action_integration.app_error")
	body, err := json.Marshal(v)
	if err != nil {
		return nil, failed
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, failed
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.do(req)
	if err != nil {
		s.log.Warn("mattermost double: an integration failed", "error", withoutURL(err))
		return nil, failed
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxIntegrationBody))
	if err != nil || res.StatusCode != http.StatusOK {
		return nil, failed
	}
	return answer, nil
}

// withoutURL takes the address off a client error, for the log: that of a GET
// command carries its token.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}
