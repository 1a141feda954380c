package mattermost

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/mattermost/mattermost/server/public/model"
)

// record is one change of the world, one line of the journal. Exactly one field
// is set. Seeded things are never recorded: the seed is applied at every start,
// and the journal on top of it.
type record struct {
	Post         *model.Post    `json:"post,omitempty"` // created, edited or deleted (delete_at)
	Channel      *model.Channel `json:"channel,omitempty"`
	Member       *membership    `json:"member,omitempty"`
	Command      *model.Command `json:"command,omitempty"`
	CommandToken *commandToken  `json:"command_token,omitempty"`
	Session      *session       `json:"session,omitempty"`
	Hook         *hook          `json:"hook,omitempty"`
	View         *view          `json:"view,omitempty"`
}

// journal is the append-only file of records. Without a folder it keeps nothing.
type journal struct {
	file *os.File
}

// openJournal replays dir/mattermost.jsonl into apply, cuts off a last line that
// a kill left half written (it was never acknowledged), and keeps the file open
// for appending. An empty dir gives a journal that forgets.
func openJournal(dir string, apply func(record)) (*journal, error) {
	if dir == "" {
		return &journal{}, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "mattermost.jsonl"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	whole, err := replay(f, apply)
	if err == nil {
		err = f.Truncate(whole)
	}
	if err == nil {
		_, err = f.Seek(whole, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("journal %s: %w", f.Name(), err), f.Close())
	}
	return &journal{file: f}, nil
}

// replay applies every whole line of r and returns how many bytes they take.
func replay(r io.Reader, apply func(record)) (int64, error) {
	var whole int64
	in := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return whole, nil // what is left, if anything, has no end of line
		}
		if err != nil {
			return whole, err
		}
		var rec record
		if err := json.Unmarshal(line, &rec); err != nil {
			return whole, fmt.Errorf("line %d: %w", n, err)
		}
		apply(rec)
		whole += int64(len(line))
	}
}

// append writes one record in one write, so that a kill leaves at most one line
// half written. It does not sync: the double survives a killed process, not a
// killed machine.
func (j *journal) append(r record) error {
	if j.file == nil {
		return nil
	}
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = j.file.Write(append(line, '\n'))
	return err
}

func (j *journal) close() error {
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}
