package main

import (
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"cecoia.example/tickets"
)

// Processes of one machine that start at once sign with one key, which only
// their user may read, and which the next start finds again.
func TestTheMasterSecretIsMadeOnce(t *testing.T) {
	s := settings{Data: t.TempDir()}
	token := func() string {
		keys, err := s.keyring()
		if err != nil {
			t.Error(err)
			return ""
		}
		return keys.ReplyToken("creteil", uuid.UUID{1})
	}
	tokens := make([]string, 16)
	var all sync.WaitGroup
	for i := range tokens {
		all.Go(func() { tokens[i] = token() })
	}
	all.Wait()
	for _, got := range tokens {
		if got == "" || got != token() {
			t.Fatalf("several keys: %q", tokens)
		}
	}
	entries, err := os.ReadDir(s.Data)
	if err != nil || len(entries) != 1 {
		t.Fatalf("the data folder holds %v, %v", entries, err)
	}
	if info, err := entries[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestAShortMasterSecretIsRefused(t *testing.T) {
	if _, err := (settings{SecretKey: "short"}).keyring(); err == nil || !strings.Contains(err.Error(), "CECOIA_SECRET_KEY") {
		t.Errorf("%v", err)
	}
}

// Which team a command is from is told by its token alone.
func TestTwoTeamsMayNotShareAToken(t *testing.T) {
	h := house{settings: settings{SlashToken: "the-same, next"}, log: slog.New(slog.DiscardHandler)}
	h.academies = []tickets.Academy{{ID: "creteil"}, {ID: "paris"}}
	if _, _, err := h.ingest(); err == nil || !strings.Contains(err.Error(), "CECOIA_SLASH_TOKEN_PARIS") || strings.Contains(err.Error(), "the-same") {
		t.Errorf("%v", err)
	}
}
