package mattermost

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost/server/public/model"
)

const (
	helloWithin = 10 * time.Second // after the connection: a bad token gets none
	checkEvery  = time.Minute      // whether the token is still good: who lost it hears nothing, and no error
	hearWithin  = 5 * time.Second  // to hand one message over
	retryFirst  = time.Second      // after a connection was lost, then twice as long each time
	retryMost   = 30 * time.Second
	// maxEvent is the longest event read, in bytes: a post with its properties,
	// written as JSON within JSON.
	maxEvent = 8 << 20
)

// Listen hears what people write to the bot alone and takes it as commands,
// until ctx ends. It connects again when the connection is lost, and then takes
// what was written meanwhile. Every process may listen: a message is taken once.
// Without a bot, or a server, it returns at once.
func (s *Commands) Listen(ctx context.Context) error {
	if s.bot == nil || s.BaseURL == "" || s.Take == nil {
		return nil
	}
	wait, told := time.Duration(0), false
	for {
		heard, err := s.listen(ctx)
		s.listening.Set(0)
		if ctx.Err() != nil {
			return nil
		}
		if heard {
			wait, told = 0, false
		}
		if !told { // once for each time it is lost
			s.Logger.Warn("direct messages to the bot are not heard", "error", err)
			told = true
		}
		wait = min(max(2*wait, retryFirst), retryMost)
		select {
		case <-s.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// listen is one connection. It returns whether it was one, and why it ended.
func (s *Commands) listen(ctx context.Context) (heard bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	me, resp, err := s.bot.GetMe(ctx, "") // the account may be another by now
	if err != nil {
		return false, asBot(resp, err)
	}
	s.account.Store(me)
	client, err := s.dial(ctx)
	if err != nil {
		return false, err
	}
	// The client is never closed, its connection is: closing it while it answers a
	// ping would panic. It ends by itself once nothing is read any more.
	beside.Go(func() {
		for range client.ResponseChannel { // to our authentication, of no use
		}
	})
	defer func() {
		cancel() // closes the connection
		for range client.EventChannel {
		}
	}()
	again := make(chan struct{}, 1)
	hello, check := s.After(helloWithin), s.After(checkEvery)
	for {
		select {
		case event, open := <-client.EventChannel:
			switch {
			case !open && client.ListenError != nil:
				return heard, fmt.Errorf("the connection is lost: %w", client.ListenError)
			case !open:
				return heard, errors.New("the server has closed the connection")
			case event.EventType() == model.WebsocketEventHello && !heard:
				heard, hello = true, nil
				s.listening.Set(1)
				s.Logger.Info("direct messages to the bot are heard")
				beside.Go(func() { s.catchUp(ctx, again) })
			case event.EventType() == model.WebsocketEventPosted:
				if err := s.hearEvent(ctx, event); err != nil && ctx.Err() == nil {
					s.Logger.Warn("direct message to the bot not taken: it will be looked for", "error", err)
					select {
					case again <- struct{}{}:
					default:
					}
				}
			}
		case <-client.PingTimeoutChannel:
			return heard, errors.New("the server is silent")
		case <-hello:
			return false, errors.New("the server does not say hello: it refuses the bot's token")
		case <-check:
			if _, resp, err := s.bot.GetMe(ctx, ""); err != nil && resp != nil && resp.StatusCode == http.StatusUnauthorized {
				return heard, asBot(resp, err)
			}
			check = s.After(checkEvery)
		case <-ctx.Done():
			return heard, nil
		}
	}
}

// dial opens the WebSocket; the end of ctx closes it.
func (s *Commands) dial(ctx context.Context) (*model.WebSocketClient, error) {
	dialer := websocket.Dialer{
		Proxy: http.ProxyFromEnvironment, HandshakeTimeout: helloWithin,
		NetDialContext: func(handshake context.Context, network, address string) (net.Conn, error) {
			handshake, cancel := context.WithCancel(handshake)
			defer cancel()
			stop := context.AfterFunc(ctx, cancel)
			defer stop()
			conn, err := new(net.Dialer).DialContext(handshake, network, address)
			if err == nil {
				context.AfterFunc(ctx, func() { _ = conn.Close() })
			}
			return conn, err
		},
	}
	client, err := model.NewWebSocketClient4WithDialer(&dialer, "ws"+strings.TrimPrefix(s.BaseURL, "http"), s.bot.AuthToken)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	client.Conn.SetReadLimit(maxEvent)
	client.Listen()
	return client, nil
}

// hearEvent takes a new message, if it is one for the bot alone.
func (s *Commands) hearEvent(ctx context.Context, event *model.WebSocketEvent) error {
	if kind, _ := event.GetData()["channel_type"].(string); kind != string(model.ChannelTypeDirect) {
		return nil
	}
	body, _ := event.GetData()["post"].(string) // JSON within JSON
	var p model.Post
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		return fmt.Errorf("a message is unreadable: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, hearWithin)
	defer cancel()
	return s.hear(ctx, &p)
}
