package mattermost

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	double "cecoia.example/deploy/local/mattermost"
	"cecoia.example/tickets"
)

// happened is one of each kind of news that a member of the desk gets, by the
// name of its words.
func happened() map[string]tickets.Notice {
	agent := double.UserID("dominique")
	kinds := map[string]tickets.Notice{
		"assigned":          direct(by(card(1, tickets.StatusInProgress, tickets.ActionAssign, "Toi qui connais @all"), lead, tickets.Detail{Assignee: id(2)}), tickets.TemplateAssigned, agent),
		"mentioned":         direct(by(card(1, tickets.StatusInProgress, tickets.ActionNote, "@dominique, une idée ?\n# Titre"), lead, tickets.Detail{}), tickets.TemplateMentioned, agent),
		"complement":        direct(card(1, tickets.StatusInProgress, tickets.ActionComplement, "Le poste 12."), tickets.TemplateComplement, agent),
		"refused":           direct(card(1, tickets.StatusInProgress, tickets.ActionRefuse, "Toujours pas."), tickets.TemplateRefused, agent),
		"reopened":          direct(by(card(1, tickets.StatusInProgress, tickets.ActionReopen, "Close par erreur."), lead, tickets.Detail{}), tickets.TemplateReopened, agent),
		"reopened.by_party": direct(card(1, tickets.StatusInProgress, tickets.ActionReopen, "Cela recommence."), tickets.TemplateReopened, agent),
		"reopened.unmerged": direct(by(card(1, tickets.StatusInProgress, tickets.ActionUnmerge, ""), lead, tickets.Detail{}), tickets.TemplateReopened, agent),
	}
	return kinds
}

// withEarlier is the notice with what else is told before it, so much earlier.
func withEarlier(n tickets.Notice, earlier ...tickets.Notice) tickets.Notice {
	for i, e := range earlier {
		e.Event.At = e.Event.At.Add(-time.Duration(len(earlier)-i) * time.Minute)
		n.Earlier = append(n.Earlier, tickets.Told{Template: e.Template, Rule: e.Rule, Case: e.Case, Event: e.Event})
	}
	return n
}

// readable writes a post as people see it.
func readable(p *model.Post) string {
	var b strings.Builder
	b.WriteString(p.Message + "\n")
	for _, a := range p.Attachments() {
		b.WriteString("  " + a.Title + "\n")
		for _, f := range a.Fields {
			fmt.Fprintf(&b, "  %s: %v\n", f.Title, f.Value)
		}
		b.WriteString("  " + a.Text + "\n ")
		for _, action := range a.Actions {
			b.WriteString(" [" + action.Name + "]")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// Every kind of direct message, in both languages, public, private, and of a
// ticket that its reader may not see any more; as the ticket's one message, and
// in its thread.
func TestDirectGolden(t *testing.T) {
	s := server(t, double.Options{Now: func() time.Time { return began }})
	b := newBot(t, s.URL(), Options{Now: func() time.Time { return began }})
	kinds := happened()
	for name, n := range kinds {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			for _, lang := range []tickets.Lang{tickets.French, tickets.English} {
				for _, as := range []string{"root", "reply", "several", "private", "not theirs any more"} {
					n := n
					n.Recipient.Lang = lang
					var post *model.Post
					switch as {
					case "root":
						post = b.directPost(n, "direct")
					case "reply":
						n.Thread = "root"
						post = b.newsPost(n, "direct")
					case "several":
						post = b.newsPost(withEarlier(n, kinds["complement"], kinds["refused"]), "direct")
					case "private":
						n.Case.Private = true
						post = b.directPost(withEarlier(n, kinds["complement"]), "direct")
					case "not theirs any more":
						n.Case.Private, n.Case.Group = true, "reseaux"
						post = b.directPost(n, "direct")
					}
					said := readable(post)
					leaks := []string{"Alix", "0100000000", "DESCRIPTION", "RÉSUMÉ", "⟦", "%!"}
					if n.Case.Private {
						leaks = append(leaks, "Messagerie", "Mail", "Haute", "High", "0940001A", "poste 12", "Toujours", "Toi qui", "une idée", "recommence", "erreur")
					}
					for _, leak := range leaks {
						if strings.Contains(said, leak) {
							t.Errorf("%s: the post tells %s", as, leak)
						}
					}
					fmt.Fprintf(&got, "== %s, %s\n%s\n", lang, as, said)
				}
			}
			golden(t, "direct_"+name, got.String())
		})
	}
}

// golden compares with the file of that name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden.txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("differs from %s (go test -update rewrites it):\n%s", file, got)
	}
}

// digestOf tells of so many tickets together, each third of them private.
func digestOf(many int, lang tickets.Lang) tickets.Notice {
	kinds := happened()
	var all []tickets.Notice
	for i := range many {
		n := kinds[[]string{"assigned", "complement", "mentioned", "refused"}[i%4]]
		n.Case.ID, n.Case.Number.Rank = id(byte(100+i)), 100+i
		n.Case.Private = i%3 == 2
		all = append(all, n)
	}
	again := kinds["reopened.by_party"]
	again.Case = all[0].Case
	last := withEarlier(again, all...)
	last.Digest, last.Recipient.Lang = true, lang
	last.Direct.Digest = []tickets.Minute{8 * 60, 13*60 + 30}
	return last
}

func TestDigestGolden(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{Now: func() time.Time { return began }})
	var got strings.Builder
	for _, lang := range []tickets.Lang{tickets.French, tickets.English} {
		for _, n := range []int{1, 4, maxDigestTickets, maxDigestTickets + 2} {
			said := readable(b.digestPost(digestOf(n, lang), "direct"))
			if lines := strings.Count(said, "\n- "); lines != min(n, maxDigestTickets+1) {
				t.Errorf("%d tickets: %d lines", n, lines)
			}
			if strings.Contains(said, "⟦") || strings.Contains(said, "%!") || strings.Contains(said, "Alix") {
				t.Error(said)
			}
			if n < maxDigestTickets {
				fmt.Fprintf(&got, "== %s, %d\n%s\n", lang, n, said)
			}
		}
	}
	golden(t, "digest", got.String())
}

// The first news is the ticket's message, each later one a reply in its thread;
// the message shows how the ticket stands and keeps its words.
func TestOneDirectMessagePerTicket(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	kinds := happened()
	first := b.Send(t.Context(), kinds["assigned"])
	want(t, first, tickets.Delivered)
	posts := s.DirectPosts("cecoia", "dominique")
	if len(posts) != 1 || posts[0].Id != first.Thread || posts[0].RootId != "" || !strings.Contains(posts[0].Message, "vous confie I261121_007") ||
		actions(posts[0]) != "voir demander resoudre affecter rendre pourquoi" {
		t.Fatalf("the message: thread %q, %+v", first.Thread, posts)
	}

	second := kinds["refused"]
	second.ID, second.Thread, second.Case.Status, second.Case.Closure = id(2), first.Thread, tickets.StatusClosed, tickets.ClosedValidated
	r := b.Send(t.Context(), withEarlier(second, kinds["complement"]))
	want(t, r, tickets.Delivered)
	if r.Thread != "" {
		t.Errorf("the reply becomes the thread: %q", r.Thread)
	}
	posts = s.DirectPosts("cecoia", "dominique")
	if len(posts) != 2 || posts[1].RootId != first.Thread {
		t.Fatalf("%d posts, the reply %+v", len(posts), posts[len(posts)-1])
	}
	root, reply := readable(posts[0]), readable(posts[1])
	if !strings.Contains(root, "vous confie I261121_007") || !strings.Contains(root, "Clôturé (validé)") || actions(posts[0]) != "voir pourquoi" {
		t.Errorf("the message after the second news: %s", root)
	}
	if !strings.Contains(reply, "mis à jour") || !strings.Contains(reply, "refuse la résolution") || !strings.Contains(reply, "Toujours pas.") || actions(posts[1]) != "pourquoi" {
		t.Errorf("the reply: %s", reply)
	}

	// Its message was deleted: the ticket gets another.
	if _, err := b.client.DeletePost(t.Context(), first.Thread); err != nil {
		t.Fatal(err)
	}
	third := kinds["complement"]
	third.ID, third.Thread = id(3), first.Thread
	r = b.Send(t.Context(), third)
	want(t, r, tickets.Delivered)
	posts = s.DirectPosts("cecoia", "dominique")
	if last := posts[len(posts)-1]; r.Thread == "" || r.Thread != last.Id || last.RootId != "" || !strings.Contains(last.Message, "mis à jour") {
		t.Errorf("after the deletion: thread %q, %+v", r.Thread, last)
	}
}

// However its answers are lost, each news is there once.
func TestADirectMessageIsNeverDoubled(t *testing.T) {
	for name, later := range map[string]time.Duration{"soon": time.Second, "after the server forgot": time.Minute} {
		t.Run(name, func(t *testing.T) {
			var late atomic.Int64
			now := func() time.Time { return began.Add(time.Duration(late.Load())) }
			s := server(t, double.Options{Now: now})
			b := newBot(t, s.URL(), Options{Now: now})
			kinds := happened()
			lose := double.Fault{Route: "POST /api/v4/posts", Times: 1, LoseAnswer: true}

			n := kinds["assigned"]
			s.Fail(lose)
			want(t, b.Send(t.Context(), n), tickets.Uncertain)
			late.Add(int64(later))
			n.Attempts = 2
			first := b.Send(t.Context(), n)
			want(t, first, tickets.Delivered)
			posts := s.DirectPosts("cecoia", "dominique")
			if len(posts) != 1 || posts[0].Id != first.Thread {
				t.Fatalf("thread %q, %+v", first.Thread, posts)
			}

			reply := withEarlier(kinds["refused"], kinds["complement"])
			reply.ID, reply.Thread = id(2), first.Thread
			s.Fail(lose)
			want(t, b.Send(t.Context(), reply), tickets.Uncertain)
			late.Add(int64(later))
			reply.Attempts = 2
			want(t, b.Send(t.Context(), reply), tickets.Delivered)
			if posts = s.DirectPosts("cecoia", "dominique"); len(posts) != 2 || !strings.Contains(posts[1].Message, "mis à jour") {
				t.Errorf("%d posts, the reply %+v", len(posts), posts[len(posts)-1])
			}
		})
	}
}

// A digest is no ticket's message: the ticket of its last news keeps its own.
func TestADigestIsOnePost(t *testing.T) {
	s := server(t, double.Options{})
	b := newBot(t, s.URL(), Options{})
	for thread, n := range map[string]tickets.Notice{"": digestOf(4, "fr"), "aticketsmessage": digestOf(5, "fr")} {
		n.Thread, n.ID = thread, id(byte(50+len(thread)))
		before := len(s.DirectPosts("cecoia", "dominique"))
		r := b.Send(t.Context(), n)
		want(t, r, tickets.Delivered)
		posts := s.DirectPosts("cecoia", "dominique")
		if r.Thread != "" || len(posts) != before+1 || posts[before].RootId != "" {
			t.Errorf("thread %q: %+v", r.Thread, posts)
		}
	}
}
