package mattermost

import (
	"context"
	"strings"
	"sync"
	"time"

	"cecoia.example/ingest"
	"cecoia.example/tickets"
)

// How long what the server says of an account is believed, and how many
// accounts are remembered.
const (
	profileLife   = time.Hour
	profileRetry  = time.Minute            // after a failure
	profileWithin = 500 * time.Millisecond // or the answer is worded without it
	profilesKept  = 5000
)

// profile is what the server knows of an account that no request carries.
type profile struct {
	lang     tickets.Lang // of the account's display; "" when it is none of ours, or not known
	verified string       // the mail address, when the server knows that it is theirs
	bot      bool         // a program's account
}

// profiles remembers profiles for a while.
type profiles struct {
	mu   sync.Mutex
	kept map[string]keptProfile
}

type keptProfile struct {
	profile
	until time.Time
}

// profile returns what the server says of an account; nothing when it cannot
// be asked now.
func (s *Commands) profile(ctx context.Context, account string) profile {
	if s.bot == nil || account == "" {
		return profile{}
	}
	now := s.Now()
	s.profiles.mu.Lock()
	known, ok := s.profiles.kept[account]
	s.profiles.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.profile
	}
	ctx, cancel := s.within(ctx, profileWithin)
	defer cancel()
	user, _, err := s.bot.GetUser(ctx, account, "")
	next := keptProfile{profile: known.profile, until: now.Add(profileRetry)} // what was known is better than nothing
	if err != nil {
		s.Logger.Info("language of a chat account is not known", "account", account, "error", err)
	} else {
		next = keptProfile{until: now.Add(profileLife)}
		lang, _, _ := strings.Cut(strings.ToLower(user.Locale), "-")
		if l := tickets.Lang(lang); l == tickets.French || l == tickets.English {
			next.lang = l
		}
		next.bot = user.IsBot
		if user.EmailVerified {
			next.verified = user.Email
		}
	}
	s.profiles.keep(account, next, now)
	return next.profile
}

// keep remembers a profile; when there are too many, those that have expired
// go, or else any one.
func (p *profiles) keep(account string, k keptProfile, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, there := p.kept[account]; !there && len(p.kept) >= profilesKept {
		for other, old := range p.kept {
			if !now.Before(old.until) {
				delete(p.kept, other)
			}
		}
		for other := range p.kept {
			if len(p.kept) < profilesKept {
				break
			}
			delete(p.kept, other)
		}
	}
	p.kept[account] = k
}

// lang is the language for whoever sent the command, who is person, or nobody
// known: the one they chose on the portal, else that of their account in the
// chat, else that of the directory.
func (s *Commands) lang(ctx context.Context, c ingest.Command, person tickets.Person) tickets.Lang {
	shown := s.profile(ctx, c.Account).lang
	if shown == "" || shown == person.Lang {
		return person.Lang
	}
	if person.Lang == "" { // nobody known
		return shown
	}
	chosen, err := s.Directory.ChosenLang(ctx, c.Academy, person.ID)
	if err != nil || chosen != "" {
		return person.Lang
	}
	return shown
}
