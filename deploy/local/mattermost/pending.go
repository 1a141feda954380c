package mattermost

import (
	"maps"
	"sync"
	"time"
)

// pendingLife is how long a pending_post_id is remembered.
const pendingLife = 30 * time.Second

// pendingPosts makes posting idempotent for a while, as the real server's cache
// does: by key alone, whatever the channel, the author or the text. It is never
// written down: after a restart the same key makes a second post.
type pendingPosts struct {
	now func() time.Time

	mu    sync.Mutex
	keys  map[string]pendingPost
	swept time.Time
}

type pendingPost struct {
	postID string // empty while the first request is still saving
	until  time.Time
}

func newPendingPosts(now func() time.Time) *pendingPosts {
	return &pendingPosts{now: now, keys: map[string]pendingPost{}}
}

// claim takes a key for a new post. It returns the id of the post that already
// used it, or an error while another request is still saving with it.
func (p *pendingPosts) claim(key string) (postID string, err error) {
	if key == "" {
		return "", nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if now.Sub(p.swept) >= pendingLife {
		maps.DeleteFunc(p.keys, func(_ string, seen pendingPost) bool { return !now.Before(seen.until) })
		p.swept = now
	}
	seen, found := p.keys[key]
	switch {
	case !found || !now.Before(seen.until):
		p.keys[key] = pendingPost{until: now.Add(pendingLife)}
		return "", nil
	case seen.postID == "":
		return "", internalError("api.post.deduplicate_create_post.pending")
	default:
		return seen.postID, nil
	}
}

// settle ends a claim: with the saved post's id, or, with none, forgets the key
// so that the client may try again.
func (p *pendingPosts) settle(key, postID string) {
	if key == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if postID == "" {
		delete(p.keys, key)
		return
	}
	p.keys[key] = pendingPost{postID: postID, until: p.now().Add(pendingLife)}
}
