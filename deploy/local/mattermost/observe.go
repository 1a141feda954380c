package mattermost

import (
	"fmt"

	"github.com/mattermost/mattermost/server/public/model"
)

// What a test may look at, and the two things it may do behind the API's back.
// Everything handed out is a copy.

// Posts are the posts of a channel that are not deleted, oldest first, with the
// integrations of their buttons.
func (s *Server) Posts(channelID string) []*model.Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*model.Post
	for _, id := range s.world.timeline[channelID] {
		if p := s.world.post(id); p != nil {
			all = append(all, s.withReplies(p))
		}
	}
	return all
}

// DirectPosts are the posts between two users, by username.
func (s *Server) DirectPosts(a, b string) []*model.Post {
	s.mu.Lock()
	c := s.world.directChannel(UserID(a), UserID(b))
	s.mu.Unlock()
	if c == nil {
		return nil
	}
	return s.Posts(c.Id)
}

// Ephemerals are the messages shown to one user alone since the start, oldest
// first, the last 200 of them.
func (s *Server) Ephemerals(userID string) []*model.Post {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*model.Post
	for _, p := range s.shown[userID] {
		all = append(all, p.Clone())
	}
	return all
}

// Mentioned are the user ids a stored post pings.
func (s *Server) Mentioned(postID string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.world.post(postID); p != nil {
		return s.mentioned(p)
	}
	return nil
}

// NewToken signs a user in without a password and returns the session's token.
func (s *Server) NewToken(username string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.world.userByName(username)
	if u == nil {
		return "", fmt.Errorf("NewToken: no user is called %q", username)
	}
	return s.newSession(u.Id)
}

// Revoke makes a session's or bot's token worthless: 401 from now on, while its
// WebSockets stay open and hear nothing. An unknown token is no error.
func (s *Server) Revoke(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.revoke(token)
}
