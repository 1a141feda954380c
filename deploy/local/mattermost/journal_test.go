package mattermost_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cecoia.example/deploy/local/mattermost"
	"github.com/mattermost/mattermost/server/public/model"
)

// restart brings up a second server on a copy of the first one's folder, taken
// while the first still runs: what a kill -9 would have left.
func (d *double) restart(t *testing.T, dir string) *double {
	t.Helper()
	again := t.TempDir()
	ok(t, os.CopyFS(again, os.DirFS(dir)))
	return start(t, func(o *mattermost.Options) { o.Dir, o.Seed = again, testSeed(d.in.URL+"/moved") })
}

func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	dir := t.TempDir()
	d := start(t, func(o *mattermost.Options) { o.Dir = dir })
	c := d.as(agent)
	card := d.postCard(t)
	_, _, err := d.bot().PatchPost(t.Context(), card.Id, &model.PostPatch{Message: new("modifiée")})
	ok(t, err)
	reply := post(t, c, &model.Post{ChannelId: assistance, RootId: card.Id, Message: "réponse"})
	gone := post(t, c, &model.Post{ChannelId: assistance, Message: "adieu", PendingPostId: "key"})
	_, err = c.DeletePost(t.Context(), gone.Id)
	ok(t, err)
	dm, _, err := c.CreateDirectChannel(t.Context(), mattermost.UserID("agent"), mattermost.UserID("cecoia"))
	ok(t, err)
	token, _, err := d.as(superviseur).RegenCommandToken(t.Context(), mattermost.CommandID("creteil", "ticket"))
	ok(t, err)
	made, _, err := d.as(superviseur).CreateCommand(t.Context(), &model.Command{TeamId: mattermost.TeamID("creteil"), Trigger: "autre", Method: "P", URL: d.in.URL})
	ok(t, err)
	_, _, err = d.execute(c, "/ticket liste")
	ok(t, err)
	_, _, err = d.bot().AddChannelMember(t.Context(), cantine, mattermost.UserID("cecoia"))
	ok(t, err)
	out := d.as(agent)
	_, err = out.Logout(t.Context())
	ok(t, err)

	e := d.restart(t, dir)
	posts := e.Posts(assistance)
	equal(t, "posts", len(posts), 2)
	equal(t, "card", posts[0].Message, "modifiée")
	equal(t, "reply", posts[1].Id, reply.Id)
	signedIn := e.client()
	signedIn.SetToken(c.AuthToken)
	again, _, err := signedIn.CreateDirectChannel(t.Context(), mattermost.UserID("agent"), mattermost.UserID("cecoia"))
	ok(t, err)
	equal(t, "direct channel", again.Id, dm.Id)
	_, err = e.click(signedIn, card.Id, "prendre")
	ok(t, err)
	equal(t, "buttons live on", d.in.last(t).path, "/mattermost/action")
	_, _, err = e.execute(signedIn, "/ticket liste")
	ok(t, err)
	equal(t, "a regenerated token is kept", d.in.last(t).form(t).Get("token"), token)
	equal(t, "and the seed still moves the URL", d.in.last(t).path, "/moved")
	list, _, err := e.as(superviseur).ListCommands(t.Context(), mattermost.TeamID("creteil"), true)
	ok(t, err)
	equal(t, "commands", len(list), 3)
	equal(t, "created command", list[0].Id, made.Id)
	post(t, e.bot(), &model.Post{ChannelId: cantine, Message: "membre"})
	_, _, err = signedIn.GetMe(t.Context(), "")
	ok(t, err)
	signedOut := e.client()
	signedOut.SetToken(out.AuthToken)
	_, res, err := signedOut.GetMe(t.Context(), "")
	refused(t, res, err, http.StatusUnauthorized, "api.context.session_expired.app_error")
}

// killedDir, in the environment, makes the test binary a server over that folder
// that waits to be killed; see TestMain.
const killedDir = "MATTERMOST_DOUBLE_DIR"

// serveUntilKilled is the whole life of such a process: it tells its address on
// standard output, and ends at the latest when its parent closes standard input.
func serveUntilKilled(dir string) int {
	s, err := mattermost.Start(context.Background(), mattermost.Options{Dir: dir, Seed: testSeed("http://127.0.0.1:1")})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(s.URL())
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

func TestNothingAcknowledgedIsLostByARealKill(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	ok(t, err)
	child := exec.CommandContext(t.Context(), exe)
	child.Env = append(os.Environ(), killedDir+"="+dir)
	child.Stderr = os.Stderr
	_, err = child.StdinPipe()
	ok(t, err)
	out, err := child.StdoutPipe()
	ok(t, err)
	ok(t, child.Start())
	address, err := bufio.NewReader(out).ReadString('\n')
	ok(t, err)

	const writers, before = 4, 25 // each writes until the kill, which comes after so many posts
	acknowledged := make(chan *model.Post, 1<<16)
	enough := make(chan struct{}, writers)
	var wg sync.WaitGroup
	for range writers {
		c := model.NewAPIv4Client(strings.TrimSpace(address))
		transport := &http.Transport{}
		c.HTTPClient = &http.Client{Transport: transport}
		t.Cleanup(transport.CloseIdleConnections)
		c.SetToken(botToken)
		wg.Go(func() {
			for n := 0; ; n++ {
				p, _, err := c.CreatePost(t.Context(), &model.Post{ChannelId: assistance, Message: strings.Repeat("long ", 200)})
				if err == nil {
					p, _, err = c.PatchPost(t.Context(), p.Id, &model.PostPatch{Message: new("modifié")})
				}
				if err != nil {
					return // killed
				}
				acknowledged <- p
				if n == before {
					enough <- struct{}{}
				}
			}
		})
	}
	for range writers {
		select {
		case <-enough:
		case <-time.After(patience):
			t.Fatal("the child does not answer")
		}
	}
	ok(t, child.Process.Kill())
	_ = child.Wait() // says that it was killed
	wg.Wait()
	close(acknowledged)

	again := start(t, func(o *mattermost.Options) { o.Dir = dir })
	kept := map[string]string{}
	for _, p := range again.Posts(assistance) {
		kept[p.Id] = p.Message
	}
	for p := range acknowledged {
		if kept[p.Id] != "modifié" {
			t.Errorf("post %s was acknowledged and is now %q", p.Id, kept[p.Id])
		}
	}
}

func TestAfterARestartPendingPostIDsAreForgotten(t *testing.T) {
	dir := t.TempDir()
	d := start(t, func(o *mattermost.Options) { o.Dir = dir })
	first := post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "un", PendingPostId: "key"})
	second := post(t, d.restart(t, dir).bot(), &model.Post{ChannelId: assistance, Message: "un", PendingPostId: "key"})
	if second.Id == first.Id {
		t.Error("the key must be forgotten")
	}
}

func TestAResponseURLSurvivesARestartWithItsUses(t *testing.T) {
	dir := t.TempDir()
	d := start(t, func(o *mattermost.Options) { o.Dir = dir })
	_, _, err := d.execute(d.as(agent), "/ticket liste")
	ok(t, err)
	address := d.in.last(t).form(t).Get("response_url")
	for range 4 {
		respond(t, address, `{"text":"x"}`, http.StatusOK)
	}
	e := d.restart(t, dir)
	moved := e.URL() + address[len(d.URL()):]
	respond(t, moved, `{"text":"x"}`, http.StatusOK)
	respond(t, moved, `{"text":"x"}`, http.StatusBadRequest)
}

func TestALastLineHalfWrittenIsCutOff(t *testing.T) {
	dir := t.TempDir()
	d := start(t, func(o *mattermost.Options) { o.Dir = dir })
	post(t, d.bot(), &model.Post{ChannelId: assistance, Message: "un"})
	ok(t, d.Close(context.WithoutCancel(t.Context())))
	name := filepath.Join(dir, "mattermost.jsonl")
	whole, err := os.ReadFile(name)
	ok(t, err)
	ok(t, os.WriteFile(name, append(whole, whole[:len(whole)/2]...), 0o600))

	e := start(t, func(o *mattermost.Options) { o.Dir = dir })
	equal(t, "posts", len(e.Posts(assistance)), 1)
	post(t, e.bot(), &model.Post{ChannelId: assistance, Message: "deux"})
	f := e.restart(t, dir)
	equal(t, "posts", len(f.Posts(assistance)), 2)

	ok(t, os.WriteFile(name, []byte("no json\n"), 0o600))
	if _, err := mattermost.New(mattermost.Options{Dir: dir}); err == nil {
		t.Error("a broken line in the middle must be an error, not a loss")
	}
}

func TestSeededIDsDependOnTheSeedAlone(t *testing.T) {
	a, b := start(t), start(t)
	ua, _, err := a.bot().GetMe(t.Context(), "")
	ok(t, err)
	ub, _, err := b.bot().GetMe(t.Context(), "")
	ok(t, err)
	equal(t, "bot", ua.Id, ub.Id)
	if !model.IsValidId(ua.Id) || !model.IsValidId(assistance) {
		t.Errorf("ids must be valid: %s %s", ua.Id, assistance)
	}
}

func TestASeedThatNamesNothingIsRefused(t *testing.T) {
	for name, seed := range map[string]mattermost.Seed{
		"channel": {Users: []mattermost.User{{Username: "a", Channels: []string{"no/where"}}}},
		"team":    {Commands: []mattermost.Command{{Team: "no", Trigger: "x"}}},
		"admin":   {Bots: []mattermost.Bot{{Username: "a", AdminOf: []string{"no"}}}},
		"twice":   {Bots: []mattermost.Bot{{Username: "a"}, {Username: "a"}}},
	} {
		if _, err := mattermost.New(mattermost.Options{Seed: seed}); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func TestAPortInUseIsSaid(t *testing.T) {
	d := start(t)
	_, err := mattermost.Start(t.Context(), mattermost.Options{Addr: d.URL()[len("http://"):]})
	if err == nil {
		t.Fatal("want an error")
	}
	contains(t, err.Error(), d.URL()[len("http://"):])
}
