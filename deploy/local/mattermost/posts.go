package mattermost

import (
	"encoding/json"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"
)

// maxPostRunes is the longest message; one more is a 400.
const maxPostRunes = model.PostMessageMaxRunesV2

// createPost answers POST /posts: 201 and the post, with buttons stripped of
// their integrations as in every answer but a thread's.
func (s *Server) createPost(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var p model.Post
	if err := readJSON(r, "post", &p); err != nil {
		return err
	}
	s.mu.Lock()
	member := s.world.isMember(p.ChannelId, me.Id)
	s.mu.Unlock()
	if !member {
		return forbidden() // public channels too: who posts must have joined
	}
	if err := checkPriority(&p); err != nil {
		return err
	}
	if strings.HasPrefix(p.Type, model.PostSystemMessagePrefix) {
		return invalidParam("post.type")
	}
	known, err := s.pending.claim(p.PendingPostId)
	if err != nil {
		return err
	}
	if known != "" {
		// Someone else's key, of a post they may not read, does not count.
		if err := s.answerPost(w, http.StatusCreated, known, me); !isForbidden(err) {
			return err
		}
	}
	s.faults.waitHeld()
	p.UserId, p.Id = me.Id, ""
	saved, err := s.savePost(&p)
	if err != nil {
		s.pending.settle(p.PendingPostId, "")
		return err
	}
	s.pending.settle(p.PendingPostId, saved.Id)
	return writeJSON(w, http.StatusCreated, strip(saved))
}

// checkPriority applies the rules of metadata.priority: root posts only, and
// what needs a licence is refused.
func checkPriority(p *model.Post) error {
	priority := p.GetPriority()
	if priority == nil {
		return nil
	}
	if p.RootId != "" {
		return badRequest("api.post.post_priority.priority_post_only_allowed_for_root_post.request_error")
	}
	if isTrue(priority.RequestedAck) || isTrue(priority.PersistentNotifications) {
		return &apiError{id: "license_error.feature_unavailable", status: http.StatusNotImplemented}
	}
	return nil
}

func isTrue(b *bool) bool { return b != nil && *b }

// savePost gives a new post its id and time, stores it and tells its readers.
// The author must already be known to be allowed. It returns the post with the
// pending_post_id its client sent, which the stored one does not keep.
func (s *Server) savePost(p *model.Post) (*model.Post, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.storePost(p)
}

// storePost is savePost for who holds mu.
func (s *Server) storePost(p *model.Post) (*model.Post, error) {
	if p.RootId != "" {
		root := s.world.post(p.RootId)
		if root == nil || root.ChannelId != p.ChannelId || root.RootId != "" {
			return nil, badRequest("api.post.create_post.root_id.app_error")
		}
	}
	now := millis(s.now())
	stored := &model.Post{Id: model.NewId(), CreateAt: now, UpdateAt: now, UserId: p.UserId, ChannelId: p.ChannelId,
		RootId: p.RootId, Message: p.Message, Type: p.Type, IsPinned: p.IsPinned, Props: p.GetProps()}
	if priority := p.GetPriority(); priority != nil {
		stored.Metadata = &model.PostMetadata{Priority: priority}
	}
	if s.world.users[p.UserId].IsBot {
		stored.AddProp(model.PostPropsFromBot, "true")
	}
	if err := normalise(stored); err != nil {
		return nil, err
	}
	if err := s.commit(record{Post: stored}); err != nil {
		return nil, err
	}
	if err := s.markViewed(p.ChannelId, p.UserId, now); err != nil {
		return nil, err
	}
	answer := stored.Clone()
	answer.PendingPostId = p.PendingPostId
	s.publishPost(model.WebsocketEventPosted, answer)
	return answer, nil
}

// normalise checks a post's length and brings its props into the form they have
// after a database: plain JSON, every action with an id.
func normalise(p *model.Post) error {
	if utf8.RuneCountInString(p.Message) > maxPostRunes {
		return badRequest("model.post.is_valid.message_length.app_error")
	}
	p.PreCommit()
	p.Hashtags, _ = model.ParseHashtags(p.Message)
	raw, err := json.Marshal(p.GetProps())
	if err != nil {
		return invalidParam("post.props")
	}
	if utf8.RuneCount(raw) > model.PostPropsMaxUserRunes {
		return badRequest("model.post.is_valid.props.app_error")
	}
	var props model.StringInterface
	if err := json.Unmarshal(raw, &props); err != nil {
		return invalidParam("post.props")
	}
	p.SetProps(props)
	return nil
}

// updatePost answers PUT /posts/{post}. The props of the request replace the
// old ones entirely: a post read back has lost its integrations, and one without
// props everything, so either kills the buttons.
func (s *Server) updatePost(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var in model.Post
	if err := readJSON(r, "post", &in); err != nil {
		return err
	}
	if in.Id != r.PathValue("post") {
		return invalidParam("id")
	}
	return s.changePost(w, in.Id, me, func(p *model.Post) {
		p.Message, p.IsPinned = in.Message, in.IsPinned
		p.SetProps(in.GetProps())
	})
}

// patchPost answers PUT /posts/{post}/patch: what the patch does not name stays,
// integrations included.
func (s *Server) patchPost(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var patch model.PostPatch
	if err := readJSON(r, "post", &patch); err != nil {
		return err
	}
	return s.changePost(w, r.PathValue("post"), me, func(p *model.Post) { p.Patch(&patch) })
}

// changePost lets the author of a post, and nobody else, edit it. A post that is
// gone answers 403 too, not 404: who edits cannot tell one from the other.
func (s *Server) changePost(w http.ResponseWriter, id string, me *model.User, edit func(*model.Post)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.world.post(id)
	if old == nil || old.UserId != me.Id || !s.world.isMember(old.ChannelId, me.Id) {
		return forbidden()
	}
	p, err := s.editPost(old, edit)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, strip(p))
}

// editPost stores a new version of a post, keeps the old one as history, and
// tells the readers. edit_at moves only with the message. The caller holds mu.
func (s *Server) editPost(old *model.Post, edit func(*model.Post)) (*model.Post, error) {
	p := old.Clone()
	edit(p)
	p.UpdateAt = max(millis(s.now()), old.UpdateAt+1)
	if p.Message != old.Message {
		p.EditAt = p.UpdateAt
	}
	if err := normalise(p); err != nil {
		return nil, err
	}
	if err := s.commit(record{Post: p}); err != nil {
		return nil, err
	}
	s.publishPost(model.WebsocketEventPostEdited, s.withReplies(p))
	return s.withReplies(p), nil
}

// deletePost lets the author, or an admin of the team, delete a post with its
// thread. The event shows members the whole post, contexts of buttons included.
func (s *Server) deletePost(w http.ResponseWriter, r *http.Request, me *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.world.post(r.PathValue("post"))
	if p == nil {
		return notFound("app.post.get.app_error")
	}
	if p.UserId != me.Id && !s.world.isAdmin(s.world.channels[p.ChannelId].TeamId, me.Id) {
		return forbidden()
	}
	now := millis(s.now())
	for _, gone := range append(s.world.replies(p.Id), p) {
		deleted := gone.Clone()
		deleted.DeleteAt, deleted.UpdateAt = now, now
		if err := s.commit(record{Post: deleted}); err != nil {
			return err
		}
	}
	s.publishPost(model.WebsocketEventPostDeleted, p)
	return writeOK(w)
}

// createEphemeral answers POST /posts/ephemeral: it takes the right of a system
// administrator, which neither bots nor people here have.
func (s *Server) createEphemeral(http.ResponseWriter, *http.Request, *model.User) error {
	return forbidden()
}

// strip is a post as clients see it: buttons without integrations.
func strip(p *model.Post) *model.Post {
	p = p.Clone()
	p.StripActionIntegrations()
	return p
}

// withReplies is a copy of a post that counts its replies. The caller holds mu.
func (s *Server) withReplies(p *model.Post) *model.Post {
	p = p.Clone()
	if replies := s.world.replies(p.Id); len(replies) > 0 {
		p.ReplyCount = int64(len(replies))
		p.LastReplyAt = replies[len(replies)-1].CreateAt
	}
	return p
}

// mentioned are the members a post pings: named with @, all of them for
// @channel, @all and @here, and the other person of a direct channel. It looks
// where the real server looks: the message, and attachments' pretext and text.
// The caller holds mu.
func (s *Server) mentioned(p *model.Post) []string {
	c := s.world.channels[p.ChannelId]
	text := p.Message
	for _, a := range p.Attachments() {
		text += "\n" + a.Pretext + "\n" + a.Text
	}
	named := map[string]bool{}
	for _, m := range atMention.FindAllString(text, -1) {
		// A full stop or dash may end the sentence rather than the name.
		named[strings.ToLower(strings.TrimRight(m[1:], ".-_:"))] = true
		named[strings.ToLower(m[1:])] = true
	}
	everyone := c.Type == model.ChannelTypeDirect || named["channel"] || named["all"] || named["here"]
	var ids []string
	for _, id := range s.world.members[c.Id] {
		if id != p.UserId && (everyone || named[s.world.users[id].Username]) {
			ids = append(ids, id)
		}
	}
	return ids
}
