package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"cecoia.example/tickets"
	"cecoia.example/tickets/calendar"
)

// deskFile is the declarative desk file.
type deskFile struct {
	Academies []tickets.Academy `yaml:"academies"`
}

// maxDeskFile bounds the desk file, in bytes.
const maxDeskFile = 1 << 20

// parseDeskFile reads a desk file and checks all of it: unknown keys, missing
// values and values that cannot be are errors that name the place. The logos are
// read from the folder that the file is in.
func parseDeskFile(b []byte, folder fs.FS) ([]tickets.Academy, error) {
	if len(b) > maxDeskFile {
		return nil, fmt.Errorf("desk file: over %d bytes", maxDeskFile)
	}
	var f deskFile
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&f); err != nil {
		return nil, fmt.Errorf("desk file: %w", err)
	}
	if len(f.Academies) == 0 {
		return nil, fmt.Errorf("desk file: no academies")
	}
	seen := map[tickets.AcademyID]bool{}
	owners := map[string]tickets.AcademyID{} // of domains and addresses
	for i, a := range f.Academies {
		logo, err := readLogo(folder, a.LogoFile)
		if err != nil {
			return nil, fmt.Errorf("desk file: academy %s: logo: %w", a.ID, err)
		}
		f.Academies[i].Logo = logo
		if err := a.Validate(); err != nil {
			return nil, fmt.Errorf("desk file: %w", err)
		}
		if seen[a.ID] {
			return nil, fmt.Errorf("desk file: academy %s stands twice", a.ID)
		}
		seen[a.ID] = true
		for _, name := range append([]string{strings.ToLower(a.NoReply), strings.ToLower(a.Bounce)}, a.Domains...) {
			if other, taken := owners[name]; taken {
				return nil, fmt.Errorf("desk file: %s is of both %s and %s", name, other, a.ID)
			}
			owners[name] = a.ID
		}
	}
	return f.Academies, nil
}

// readLogo reads an academy's logo by its path relative to the desk file; it may
// not lead out of that folder. "" is none.
func readLogo(folder fs.FS, name string) (tickets.Logo, error) {
	if name == "" {
		return tickets.Logo{}, nil
	}
	f, err := folder.Open(name)
	if err != nil {
		return tickets.Logo{}, err
	}
	defer func() { _ = f.Close() }() // only read
	b, err := io.ReadAll(io.LimitReader(f, tickets.MaxLogo+1))
	if err != nil {
		return tickets.Logo{}, err
	}
	logo, err := tickets.ParseLogo(b)
	if err != nil {
		return tickets.Logo{}, fmt.Errorf("%s: %w", name, err)
	}
	return logo, nil
}

type applyCommand struct {
	settings `embed:""`
	File     string `arg:"" type:"existingfile" help:"The desk file, in YAML."`
	DryRun   bool   `help:"Check the file and change nothing."`
	// Without it open tickets keep the deadlines that they have.
	ReopenDeadlines bool `help:"Compute the deadlines of open tickets anew, as the file's hours and deadlines make them since their opening."`
}

// Run applies a desk file to the database and prints which academies changed.
func (c *applyCommand) Run(ctx context.Context, out *output) error {
	b, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	academies, err := parseDeskFile(b, os.DirFS(filepath.Dir(c.File)))
	if err != nil {
		return err
	}
	if c.DryRun {
		_, err := fmt.Fprintf(out, "%s: %d academies, nothing wrong; nothing changed\n", c.File, len(academies))
		return err
	}
	db, err := openBeside(ctx, c.settings, c.logger())
	if err != nil {
		return err
	}
	defer db.Close()
	changed, err := db.Apply(ctx, academies, time.Now())
	if err != nil {
		return err
	}
	for _, id := range changed {
		if _, err := fmt.Fprintln(out, "changed", id); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(out, "%d of %d academies changed\n", len(changed), len(academies)); err != nil || !c.ReopenDeadlines {
		return err
	}
	desk := tickets.NewDesk(tickets.Options{Store: db, Calendar: calendar.OpenTime})
	for _, a := range academies {
		n, err := desk.ReopenDeadlines(ctx, a.ID)
		if err != nil {
			return fmt.Errorf("deadlines of %s, after %d: %w", a.ID, n, err)
		}
		if _, err := fmt.Fprintf(out, "%s: the deadlines of %d open tickets changed\n", a.ID, n); err != nil {
			return err
		}
	}
	return nil
}
