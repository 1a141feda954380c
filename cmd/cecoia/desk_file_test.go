package main

import (
	"bytes"
	"strings"
	"testing"

	"cecoia.example/deploy/example"
	"cecoia.example/tickets"
)

func TestTheExampleDeskIsWhole(t *testing.T) {
	academies, err := parseDeskFile(example.Desk, example.Logos)
	if err != nil {
		t.Fatal(err)
	}
	if len(academies) != 3 {
		t.Fatalf("%d academies", len(academies))
	}
	for _, a := range academies {
		if len(a.Themes) != 13 {
			t.Errorf("%s has %d themes, the former form had 13", a.ID, len(a.Themes))
		}
		if a.Logo.MediaType != "image/svg+xml" || len(a.Logo.Content) > 1000 {
			t.Errorf("%s: logo %s of %d bytes", a.ID, a.Logo.MediaType, len(a.Logo.Content))
		}
		if _, ok := a.Supervision(); !ok || a.Desk().Channel != "assistance" {
			t.Errorf("%s: desk %+v", a.ID, a.Desk())
		}
		for _, theme := range a.Themes {
			if theme.Name.EN == "" {
				t.Errorf("%s: theme %s has no English name", a.ID, theme.Code)
			}
		}
	}
}

func TestTheExamplePeopleAreSyntheticAndWellFormed(t *testing.T) {
	people, err := parsePeople(bytes.NewReader(example.People))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, p := range people {
		if !strings.HasSuffix(p.Email, ".example") || seen[p.Email] {
			t.Errorf("%s: not on .example, or there twice", p.Email)
		}
		seen[p.Email] = true
		if !strings.HasPrefix(p.Entity, "EN/") && !tickets.ValidUAI(p.Entity) {
			t.Errorf("%s: %q is no UAI code", p.Email, p.Entity)
		}
	}
	for _, want := range []string{"demandeur", "agent", "superviseur"} {
		for _, academy := range []string{"creteil", "paris", "versailles"} {
			if !seen[want+"@"+academy+".example"] {
				t.Errorf("%s@%s.example is missing", want, academy)
			}
		}
	}
}

func TestAWrongDeskFileIsRefusedWithItsPlace(t *testing.T) {
	good := string(example.Desk)
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown key":       {"timezone: Europe/Paris", "timezzone: Europe/Paris", "timezzone"},
		"time zone":         {"timezone: Europe/Paris", "timezone: Europe/Lutece", "timezone"},
		"no-reply":          {"no_reply: no-reply@creteil.example", "no_reply: nobody", "no_reply"},
		"two of a name":     {"id: paris", "id: creteil", "creteil stands twice"},
		"a shared domain":   {"domains: [paris.example]", "domains: [creteil.example]", "creteil.example is of both creteil and paris"},
		"a shared mailbox":  {"no_reply: no-reply@paris.example", "no_reply: no-reply@creteil.example", "no-reply@creteil.example is of both creteil and paris"},
		"no team":           {"team: paris", "team: ''", "team"},
		"a colour to break": {`"#1f5f8b"`, `"red;}body{"`, "colour"},
		"no such logo":      {"logos/creteil.svg", "logos/lutece.svg", "academy creteil: logo: open logos/lutece.svg"},
		"a logo elsewhere":  {"logos/creteil.svg", "../people.csv", "academy creteil: logo:"},
		"no picture":        {"logos/creteil.svg", "people.csv", "academy creteil: logo:"},
		"no contact":        {"accessibilite@creteil.example", "nobody", "contacts.accessibility"},
		"hours at odds":     {`monday: ["08:00-12:30", "13:30-18:00"]`, `monday: ["08:00-12:30", "12:00-18:00"]`, "hours: week: monday"},
		"no such hour":      {`monday: ["08:00-12:30"`, `monday: ["08:00-12:60"`, "08:00-12:60"},
		"no such date":      {"date: 2026-12-24", "date: 2026-12-32", "2026-12-32"},
		"no such theme":     {"otp: {1: 2h}", "opt: {1: 2h}", `deadlines: themes: "opt"`},
		"no such urgency":   {"resolution: {1: 4h,", "resolution: {0: 4h,", "deadlines: resolution: 0"},
		"no duration":       {"take_up: 10m", "take_up: ten", "ten"},
		"empty":             {good, "academies: []", "no academies"},
	} {
		_, err := parseDeskFile([]byte(strings.Replace(good, c.old, c.new, 1)), example.Logos)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestAWrongDirectoryIsRefusedWithItsLine(t *testing.T) {
	header := "academy,login,email,given_name,family_name,groups\n"
	for name, c := range map[string]struct{ csv, want string }{
		"no header":      {"", "first line"},
		"unknown column": {"academy,logn\n", `column "logn"`},
		"no address":     {header + "creteil,x,nobody,X,Exemple,\n", "line 2"},
		"bad role":       {header + "creteil,x,x@creteil.example,X,Exemple,assistance:king\n", "assistance:king"},
		"missing name":   {header + "creteil,x,x@creteil.example,X,,\n", "family_name"},
	} {
		_, err := parsePeople(strings.NewReader(c.csv))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}
