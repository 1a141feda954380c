package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// An operator's commands work beside the gateway that runs the embedded
// database, and end without ending it.
func TestOperatorsWorkBesideTheEmbeddedDatabase(t *testing.T) {
	t.Parallel()
	d := newDemo(t)
	d.start()
	env := []string{"CECOIA_DATA=" + d.data}
	desk := filepath.Join("..", "..", "deploy", "example", "desk.yaml")
	for _, c := range []struct {
		says string
		args []string
	}{
		{"the schema is up to date", []string{"migrate"}},
		{"", []string{"apply", desk, "--dry-run"}},
		{"", []string{"deliveries", "list"}},
		{"its schema up to date, 3 academies", []string{"doctor"}},
	} {
		status, out, errs := cecoia(t, env, c.args...)
		if status != 0 && c.args[0] != "doctor" || !strings.Contains(out, c.says) { // the doctor knows nothing of the demo's own servers
			t.Errorf("%v ends with %d:\n%s\n%s", c.args, status, out, errs)
		}
	}
	person, _ := visitorAs(t, d, "demandeur@creteil.example", "demo")
	person.sendForm("L’écran reste noir")
}
