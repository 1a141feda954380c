package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// quick are the faults of the short drill, all under one load: first those after
// which something waits longest. Those left out take longer than a test may: a
// silence outlasts timeouts, a clock needs another build of the program.
var quick = []string{
	"kill", "chat-429", "chat-lost-answer", "smtp-450", "smtp-drop", "smtp-drop-stored",
	"redis-flush", "redis-away", "disk-full", "postgres-kill", "rolling",
}

// Nothing that was acknowledged is lost, nothing is doubled that a crash does not
// excuse, each ticket's words keep their order, the portal answers.
func TestTheShortDrill(t *testing.T) {
	s, err := openSite(t.Context(), "", "CECOIA_SEND_TIMEOUT=2s") // what a killed process was sending waits so long, and 15 s
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	load := pace{openings: 4, commands: 16}
	if err := s.warm(t.Context(), load); err != nil {
		t.Fatal(err)
	}
	var chosen []fault
	for _, name := range quick {
		if name == "disk-full" && s.disk.why != nil {
			t.Log(s.disk.why) // containers may forbid it: the others are drilled all the same
			continue
		}
		f, unknown := choose([]string{name})
		if len(unknown) > 0 {
			t.Fatalf("no fault is called %s", name)
		}
		chosen = append(chosen, f...)
	}
	r, err := s.drill(t.Context(), load, true, chosen...)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range r.broken {
		t.Error(what)
	}
	var table strings.Builder
	if err := printTable(&table, []row{r}); err != nil {
		t.Error(err)
	}
	t.Logf("\n%s", &table)
}

// A drill that could not see a fault would pass for ever.
func TestTheTallySees(t *testing.T) {
	acked := time.Now()
	l := &load{words: map[string]*word{}}
	for _, text := range []string{"reponse-1-0-2", "reponse-1-0-4", "reponse-1-0-6", "note-1-0-1", "note-1-0-3"} {
		l.words[text] = &word{text: text, ticket: "I261122_001", typed: acked, acked: acked}
	}
	owes := func(words ...string) (all []owed) {
		for _, w := range words {
			all = append(all, owed{ticket: "I261122_001", word: w})
		}
		return all
	}
	everything := owes("reponse-1-0-2", "note-1-0-1", "reponse-1-0-4", "note-1-0-3", "reponse-1-0-6")
	at := func(turn int, id string) arrival { return arrival{acked.Add(time.Second), turn, id} }
	tell := func(change func(arrived)) arrived {
		a := arrived{
			"reponse-1-0-2": {at(0, "<a>")}, "reponse-1-0-4": {at(1, "<b>")}, "reponse-1-0-6": {at(2, "<c>")},
			"note-1-0-1": {at(0, "x")}, "note-1-0-3": {at(1, "y")},
		}
		change(a)
		return a
	}
	for name, c := range map[string]struct {
		owed   []owed
		came   arrived
		broken string
		lost   int
	}{
		"all is well":   {everything, tell(func(arrived) {}), "", 0},
		"lost":          {everything, tell(func(a arrived) { delete(a, "note-1-0-3") }), "never came", 1},
		"not there":     {everything[:4], tell(func(arrived) {}), "is not there", 0},
		"done twice":    {append(slices.Clone(everything), everything[0]), tell(func(arrived) {}), "done 2 times", 0},
		"out of order":  {everything, tell(func(a arrived) { a["reponse-1-0-2"] = []arrival{at(2, "<a>")} }), "after what happened later", 0},
		"same mail":     {everything, tell(func(a arrived) { a["reponse-1-0-2"] = append(a["reponse-1-0-2"], at(3, "<a>")) }), "", 0},
		"another mail":  {everything, tell(func(a arrived) { a["reponse-1-0-2"] = append(a["reponse-1-0-2"], at(3, "<d>")) }), "nobody can tell", 0},
		"a second post": {everything, tell(func(a arrived) { a["note-1-0-1"] = append(a["note-1-0-1"], at(3, "z")) }), "nobody can tell", 0},
	} {
		var r row
		r.compare(c.owed, c.came, l)
		if got := strings.Join(r.broken, "\n"); c.broken == "" && got != "" || !strings.Contains(got, c.broken) || r.lost() != c.lost {
			t.Errorf("%s: %d lost, %q", name, r.lost(), got)
		}
	}
}
