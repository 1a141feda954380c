package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
	"slices"
	"strings"

	"github.com/google/uuid"

	"cecoia.example/tickets"
	"cecoia.example/tickets/postgres"
	"cecoia.example/web/auth"
)

type peopleCommand struct {
	Import   peopleImportCommand   `cmd:"" help:"Import a directory from CSV: new people are added, known ones brought up to date."`
	Password peoplePasswordCommand `cmd:"" help:"Set a person's local password, read from standard input."`
	Remove   peopleRemoveCommand   `cmd:"" help:"Take a person out of the directory: their sessions end, they can no longer sign in. What they did keeps their name; an import brings them back."`
	Link     peopleLinkCommand     `cmd:"" help:"Link a person to their account in the chat, once it is known to be theirs."`
}

type peopleImportCommand struct {
	settings `embed:""`
	File     string            `arg:"" type:"existingfile" help:"The CSV file; its first line names the columns."`
	Academy  tickets.AcademyID `required:"" help:"The academy whose people to import; lines of others are passed over."`
	DryRun   bool              `help:"Check the file and change nothing."`
}

// Run imports one academy's people and prints how many.
func (c *peopleImportCommand) Run(ctx context.Context, out *output) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	all, err := parsePeople(f)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	people := slices.DeleteFunc(all, func(p tickets.Person) bool { return p.Academy != c.Academy })
	if c.DryRun {
		_, err := fmt.Fprintf(out, "%d people of %s, nothing wrong; nothing changed\n", len(people), c.Academy)
		return err
	}
	db, err := openBeside(ctx, c.settings, c.logger())
	if err != nil {
		return err
	}
	defer db.Close()
	a, err := db.Academy(ctx, c.Academy)
	if err != nil {
		return err
	}
	entries, err := entriesOf(a, people, "")
	if err != nil {
		return err
	}
	if err := db.ImportPeople(ctx, a.ID, entries); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d people of %s imported\n", len(entries), c.Academy)
	return err
}

// entriesOf checks that the people's groups are the academy's and gives each
// the password hash ("" keeps the one they have).
func entriesOf(a tickets.Academy, people []tickets.Person, hash string) ([]postgres.Entry, error) {
	entries := make([]postgres.Entry, len(people))
	for i, p := range people {
		for _, m := range p.Memberships {
			if _, ok := a.Group(m.Group); !ok {
				return nil, fmt.Errorf("%s: academy %s has no group %q", p.Email, a.ID, m.Group)
			}
		}
		entries[i] = postgres.Entry{Person: p, PasswordHash: hash}
	}
	return entries, nil
}

// peopleColumns are the columns of the directory's CSV. Groups is a list such as
// "assistance:agent;supervision:supervisor".
var peopleColumns = []string{
	"academy", "login", "email", "given_name", "family_name", "function", "phone", "place", "entity", "lang", "groups",
}

// parsePeople reads the directory's CSV (RFC 4180, UTF-8). Columns may come in
// any order; unknown ones are refused, so that a misspelt one is not lost.
func parsePeople(r io.Reader) ([]tickets.Person, error) {
	lines := csv.NewReader(r)
	header, err := lines.Read()
	if err != nil {
		return nil, fmt.Errorf("first line: %w", err)
	}
	for _, name := range header {
		if !slices.Contains(peopleColumns, name) {
			return nil, fmt.Errorf("column %q: want %s", name, strings.Join(peopleColumns, ", "))
		}
	}
	var people []tickets.Person
	for {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return people, nil
		}
		if err != nil {
			return nil, err
		}
		p, err := parsePerson(header, record)
		if err != nil {
			line, _ := lines.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		people = append(people, p)
	}
}

func parsePerson(header, record []string) (tickets.Person, error) {
	field := func(name string) string {
		if i := slices.Index(header, name); i >= 0 {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	p := tickets.Person{
		Academy: tickets.AcademyID(field("academy")), Login: field("login"), Email: strings.ToLower(field("email")),
		GivenName: field("given_name"), FamilyName: field("family_name"), Function: field("function"),
		Phone: field("phone"), Place: field("place"), Entity: field("entity"), Lang: tickets.Lang(field("lang")),
	}
	if parsed, err := mail.ParseAddress(p.Email); err != nil || parsed.Address != p.Email {
		return p, fmt.Errorf("email %q is not a mail address", p.Email)
	}
	if p.Academy == "" || p.Login == "" || p.FamilyName == "" {
		return p, fmt.Errorf("%s: academy, login and family_name are required", p.Email)
	}
	if p.Lang != tickets.English {
		p.Lang = tickets.French
	}
	p.ID = personID(p.Academy, p.Login)
	for m := range strings.SplitSeq(field("groups"), ";") {
		if m == "" {
			continue
		}
		group, role, _ := strings.Cut(m, ":")
		if r := tickets.Role(role); r != tickets.RoleAgent && r != tickets.RoleSupervisor {
			return p, fmt.Errorf("%s: group %q: want group:agent or group:supervisor", p.Email, m)
		}
		p.Memberships = append(p.Memberships, tickets.Membership{Group: group, Role: tickets.Role(role)})
	}
	return p, nil
}

// personID is the same for the same login of the same academy at every import,
// so that a changed name or address is the same person (UUIDv5, RFC 9562).
func personID(academy tickets.AcademyID, login string) uuid.UUID {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("cecoia:"+string(academy)+"/"+strings.ToLower(login)))
}

// whom names one person on the command line.
type whom struct {
	settings   `embed:""`
	Academy    tickets.AcademyID `required:"" help:"The person's academy."`
	Identifier string            `arg:"" help:"Mail address or login."`
}

// change looks the person up and hands them to do with the open database.
func (w whom) change(ctx context.Context, do func(*database, tickets.Person) error) error {
	db, err := openBeside(ctx, w.settings, w.logger())
	if err != nil {
		return err
	}
	defer db.Close()
	p, _, err := db.Credentials(ctx, w.Academy, w.Identifier)
	if err != nil {
		return err
	}
	return do(db, p)
}

type peoplePasswordCommand struct {
	whom `embed:""`
}

// Run sets a local password, for sites that do not sign in elsewhere.
func (c *peoplePasswordCommand) Run(ctx context.Context) error {
	line, err := bufio.NewReader(io.LimitReader(os.Stdin, 1024)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	password := strings.TrimRight(line, "\r\n")
	if len(password) < 12 {
		return errors.New("a local password has at least 12 characters")
	}
	hash, err := auth.HashPassword(password)
	if err != nil {
		return err
	}
	return c.change(ctx, func(db *database, p tickets.Person) error {
		return db.ImportPeople(ctx, c.Academy, []postgres.Entry{{Person: p, PasswordHash: hash}})
	})
}

type peopleRemoveCommand struct {
	whom `embed:""`
}

// Run deactivates the person; their sessions end at their next request.
func (c *peopleRemoveCommand) Run(ctx context.Context, out *output) error {
	return c.change(ctx, func(db *database, p tickets.Person) error {
		if err := db.Deactivate(ctx, c.Academy, p.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(out, "%s is no longer in the directory of %s\n", p.Email, c.Academy)
		return err
	})
}

type peopleLinkCommand struct {
	whom    `embed:""`
	Account string `arg:"" help:"The chat's id of their account, 26 letters and digits: '/ticket compte' tells it."`
}

// Run links the account; an earlier one of that person no longer counts.
func (c *peopleLinkCommand) Run(ctx context.Context) error {
	if len(c.Account) != 26 {
		return fmt.Errorf("%q is not the id of a chat account", c.Account)
	}
	return c.change(ctx, func(db *database, p tickets.Person) error {
		return db.LinkAccount(ctx, c.Academy, p.ID, tickets.Chat, c.Account)
	})
}
