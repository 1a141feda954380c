package mattermost_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cecoia.example/deploy/local/mattermost"
	"cecoia.example/deploy/local/wait"
	"github.com/mattermost/mattermost/server/public/model"
)

const createRoute = "POST /api/v4/posts"

func TestA429IsPlainTextWithHeaders(t *testing.T) {
	d := start(t)
	d.LimitRate(10, 2)
	c := d.bot()
	for _, left := range []string{"1", "0"} {
		_, res, err := c.GetMe(t.Context(), "")
		ok(t, err)
		equal(t, "limit", res.Header.Get("X-Ratelimit-Limit"), "2")
		equal(t, "remaining", res.Header.Get("X-Ratelimit-Remaining"), left)
		equal(t, "reset", res.Header.Get("X-Ratelimit-Reset"), "1")
	}
	_, res, err := c.GetMe(t.Context(), "")
	var app *model.AppError
	if err == nil || errors.As(err, &app) {
		t.Fatalf("a 429 must be no AppError: %v", err)
	}
	contains(t, err.Error(), "limit exceeded")
	equal(t, "status", res.StatusCode, http.StatusTooManyRequests)
	for h, want := range map[string]string{"Retry-After": "1", "X-Ratelimit-Limit": "2", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "1"} {
		equal(t, h, res.Header.Get(h), want)
	}
	equal(t, "type", strings.Split(res.Header.Get("Content-Type"), ";")[0], "text/plain")
	respond(t, d.URL()+"/hooks/commands/"+model.NewId(), `{}`, http.StatusTooManyRequests)
	d.clock.advance(time.Second)
	_, _, err = c.GetMe(t.Context(), "")
	ok(t, err)
}

func TestFaultsHitTheNextRequestsOfARoute(t *testing.T) {
	d := start(t)
	d.Fail(mattermost.Fault{Route: createRoute, Times: 1, Status: 500})
	d.Fail(mattermost.Fault{Route: createRoute, Times: 1, Status: 429})
	c := d.bot()
	p := &model.Post{ChannelId: assistance, Message: "un"}
	_, res, err := c.CreatePost(t.Context(), p)
	refused(t, res, err, http.StatusInternalServerError, "app.fault")
	_, res, err = c.CreatePost(t.Context(), p)
	if err == nil || res.StatusCode != http.StatusTooManyRequests {
		t.Fatalf("want a 429: %v", err)
	}
	_, _, err = c.GetMe(t.Context(), "")
	ok(t, err)
	post(t, c, p)
	equal(t, "requests", d.Requests(createRoute), 3)
	equal(t, "all requests", d.Requests(""), 4)
	equal(t, "posts", len(d.Posts(assistance)), 1)
}

func TestALostAnswerDidTheWork(t *testing.T) {
	d := start(t)
	d.Fail(mattermost.Fault{Route: createRoute, Times: 1, LoseAnswer: true})
	_, _, err := d.bot().CreatePost(t.Context(), &model.Post{ChannelId: assistance, Message: "un", PendingPostId: "key"})
	if !errors.Is(err, io.EOF) {
		t.Fatalf("want a cut connection: %v", err)
	}
	equal(t, "posts", len(d.Posts(assistance)), 1)
	p := post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "un", PendingPostId: "key"})
	equal(t, "same post", p.Id, d.Posts(assistance)[0].Id)
}

func TestAHangingServerAnswersNothingUntilTheClientGivesUp(t *testing.T) {
	d := start(t)
	d.Fail(mattermost.Fault{Hang: true})
	ctx, giveUp := context.WithCancel(t.Context())
	c, gaveUp := d.bot(), make(chan error, 1)
	go func() {
		_, _, err := c.CreatePost(ctx, &model.Post{ChannelId: assistance, Message: "un"})
		gaveUp <- err
	}()
	wait.Until(t, "the request hangs", func() bool { return d.Requests(createRoute) == 1 })
	giveUp()
	if err := <-gaveUp; !errors.Is(err, context.Canceled) {
		t.Fatalf("want nothing but the client's own end: %v", err)
	}
	d.Heal()
	post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "un"})
	equal(t, "posts", len(d.Posts(assistance)), 1)
}
