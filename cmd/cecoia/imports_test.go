package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "cecoia.example/"

// ours says which of our packages each part of the house may import, besides
// its own parent folders; the longest matching prefix rules. "*" is any.
var ours = map[string][]string{
	"tickets":          {},
	"tickets/locale":   {"tickets"},
	"tickets/calendar": {"tickets"},
	"tickets/files":    {"tickets"},
	"tickets/oncall":   {"tickets", "tickets/calendar"},
	"tickets/postgres": {"tickets", "tickets/locale", "tickets/calendar", "tickets/oncall"},
	"ingest":           {"tickets", "tickets/locale", "tickets/calendar", "tickets/oncall"},
	"notify":           {"tickets", "tickets/locale", "tickets/calendar", "tickets/oncall"},
	"web":              {"tickets", "tickets/locale", "tickets/calendar", "tickets/oncall", "web/auth"},
	"web/auth":         {"tickets", "tickets/locale", "tickets/calendar"},
	"deploy/example":   {},
	"deploy/local":     {"deploy/local/*"},
	"cmd":              {"*"},
}

// technologies says where alone a library may be imported.
var technologies = map[string][]string{
	"github.com/emersion/go-imap":             {"ingest/mail", "deploy/local"},
	"github.com/mattermost/mattermost/server": {"ingest/mattermost", "notify/mattermost", "deploy/local"},
	"github.com/jackc/":                       {"tickets/postgres", "deploy/local", "cmd"},
	"github.com/redis/go-redis":               {"ingest", "notify", "deploy/local", "cmd"},
	"github.com/alexedwards/scs":              {"web", "cmd"},
	"github.com/chromedp":                     {"deploy/local"},
	"github.com/mattermost/mattermost-":       {},
	"pgregory.net/rapid":                      {},
	"go.uber.org/goleak":                      {"deploy/local"},
	"go.opentelemetry.io":                     {"cmd"}, // elsewhere a tickets.Trace is carried along
	"net/http":                                {"web", "ingest/mattermost", "notify/mattermost", "deploy/local", "cmd"},
	"database/sql":                            {},
}

// domain is what tickets itself may import beyond the standard library.
const domain = "github.com/google/uuid"

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportsFollowTheHouse(t *testing.T) {
	all := packages(t)
	if len(all) < 10 {
		t.Fatalf("only %d packages found", len(all))
	}
	for _, p := range all {
		name := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range p.Imports {
			if our, ok := strings.CutPrefix(imported, module); ok {
				if !mayImport(name, our) {
					t.Errorf("%s must not import %s", name, our)
				}
				continue
			}
			if name == "tickets" && strings.Contains(imported, ".") && imported != domain {
				t.Errorf("the domain must not import %s", imported)
			}
			for library, places := range technologies {
				if strings.HasPrefix(imported, library) && !slices.ContainsFunc(places, func(place string) bool { return within(name, place) }) {
					t.Errorf("%s must not import %s: only %v may", name, imported, places)
				}
			}
		}
	}
}

func within(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }

func mayImport(name, our string) bool {
	rule := ""
	for part := range ours {
		if within(name, part) && len(part) > len(rule) {
			rule = part
		}
	}
	for _, allowed := range ours[rule] {
		folder, all := strings.CutSuffix(allowed, "/*")
		if allowed == "*" || our == allowed || all && within(our, folder) {
			return true
		}
	}
	// A channel's folder imports its parent, a parent never its channel.
	parent, _, isChannel := strings.Cut(name, "/")
	return isChannel && our == parent && (parent == "ingest" || parent == "notify")
}

func TestTheRulesOfTheHouseBite(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"notify", "tickets", true}, {"notify/mail", "notify", true}, {"notify", "notify/mail", false},
		{"notify/mail", "notify/mattermost", false}, {"notify", "ingest", false}, {"web", "tickets/postgres", false},
		{"web", "web/auth", true}, {"web/auth", "web", false}, {"tickets/postgres", "tickets", true}, {"tickets", "tickets/locale", false},
		{"cmd/cecoia", "web", true}, {"deploy/local/mail", "tickets", false}, {"ingest/mail", "tickets/locale", true},
	} {
		if got := mayImport(c.from, c.to); got != c.want {
			t.Errorf("%s imports %s: allowed %v, want %v", c.from, c.to, got, c.want)
		}
	}
}
