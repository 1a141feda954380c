package mattermost

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
)

// visible is a post that exists and whose channel the reader may read. The
// caller holds mu.
func (s *Server) visible(id string, me *model.User) (*model.Post, error) {
	p := s.world.post(id)
	if p == nil {
		return nil, notFound("app.post.get.app_error")
	}
	if !s.world.mayRead(s.world.channels[p.ChannelId], me.Id) {
		return nil, forbidden()
	}
	return p, nil
}

// answerPost writes a stored post for one who may read it, else answers an error
// that isForbidden knows. A post deleted since is a 500.
func (s *Server) answerPost(w http.ResponseWriter, status int, id string, me *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.visible(id, me)
	switch {
	case isForbidden(err):
		return err
	case err != nil:
		return internalError("api.post.deduplicate_create_post.failed_to_get")
	}
	return writeJSON(w, status, strip(s.withReplies(p)))
}

func (s *Server) getPost(w http.ResponseWriter, r *http.Request, me *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.visible(r.PathValue("post"), me)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, strip(s.withReplies(p)))
}

func (s *Server) getPostsByIDs(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var ids []string
	if err := readJSON(r, "post_ids", &ids); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []*model.Post{}
	for _, id := range ids {
		if p, err := s.visible(id, me); err == nil {
			list = append(list, strip(s.withReplies(p)))
		}
	}
	return writeJSON(w, http.StatusOK, list)
}

// getThread answers GET /posts/{post}/thread: the post asked for first, the rest
// by age. Integrations are left in: a context is no secret from members.
func (s *Server) getThread(w http.ResponseWriter, r *http.Request, me *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.visible(r.PathValue("post"), me)
	if err != nil {
		return err
	}
	list := model.NewPostList()
	add := func(p *model.Post) {
		if list.Posts[p.Id] == nil {
			list.AddPost(s.withReplies(p))
			list.AddOrder(p.Id)
		}
	}
	add(p)
	if root := s.world.post(p.RootId); root != nil {
		p = root
		add(root)
	}
	for _, reply := range s.world.replies(p.Id) {
		add(reply)
	}
	return writeJSON(w, http.StatusOK, list)
}

// getHistory answers GET /posts/{post}/edit_history, newest first, integrations
// left in.
func (s *Server) getHistory(w http.ResponseWriter, r *http.Request, me *model.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.visible(r.PathValue("post"), me)
	if err != nil {
		return err
	}
	versions := s.world.history[p.Id]
	if len(versions) == 0 {
		return notFound("app.post.get_edit_history_for_post.app_error")
	}
	list := []*model.Post{}
	for _, old := range slices.Backward(versions) {
		old = old.Clone()
		old.OriginalId, old.Id = p.Id, seedID("version", p.Id+strconv.FormatInt(old.UpdateAt, 10))
		list = append(list, old)
	}
	return writeJSON(w, http.StatusOK, list)
}

// getChannelPosts answers GET /channels/{channel}/posts, newest first: a page
// (?page=, ?per_page=), those before or after a post (?before=, ?after=), or
// those changed since a time in milliseconds (?since=, deleted ones included).
func (s *Server) getChannelPosts(w http.ResponseWriter, r *http.Request, me *model.User) error {
	q := r.URL.Query()
	page, size := paging(r)
	since, err := strconv.ParseInt(or(q.Get("since"), "0"), 10, 64)
	if err != nil {
		return invalidParam("since")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.readable(r, me)
	if err != nil {
		return err
	}
	deleted := q.Get("include_deleted") == "true" || since > 0
	rootsOnly := q.Get("collapsedThreads") == "true"
	var found []*model.Post // newest first
	for _, id := range slices.Backward(s.world.timeline[c.Id]) {
		p := s.world.posts[id]
		if (p.DeleteAt == 0 || deleted) && p.UpdateAt >= since && (!rootsOnly || p.RootId == "") {
			found = append(found, p)
		}
	}
	at := func(id string) int { return slices.IndexFunc(found, func(p *model.Post) bool { return p.Id == id }) }
	switch {
	case since > 0:
		page, size = 0, len(found)
	case q.Get("before") != "":
		found = found[at(q.Get("before"))+1:]
	case q.Get("after") != "":
		newer := found[:max(at(q.Get("after")), 0)]
		found, page = newer[max(len(newer)-size*(page+1), 0):max(len(newer)-size*page, 0)], 0
	}
	return writeJSON(w, http.StatusOK, s.postList(window(found, page, size)))
}

// postList orders posts as given, adds the roots of the replies among them, and
// strips them all. The caller holds mu.
func (s *Server) postList(posts []*model.Post) *model.PostList {
	list := model.NewPostList()
	for _, p := range posts {
		list.AddPost(s.withReplies(p))
		list.AddOrder(p.Id)
		if root := s.world.post(p.RootId); root != nil {
			list.AddPost(s.withReplies(root))
		}
	}
	list.StripActionIntegrations()
	return list
}

// searchPosts answers POST …/posts/search: messages of the reader's channels
// that contain every word (or, with is_or_search, any), newest first. "in:NAME"
// and "from:NAME" narrow it. Props and attachments are not searched.
func (s *Server) searchPosts(w http.ResponseWriter, r *http.Request, me *model.User) error {
	var in model.SearchParameter
	if err := readJSON(r, "search", &in); err != nil {
		return err
	}
	if in.Terms == nil || strings.TrimSpace(*in.Terms) == "" {
		return invalidParam("terms")
	}
	page, size := 0, 60
	if in.Page != nil {
		page = max(*in.Page, 0)
	}
	if in.PerPage != nil && *in.PerPage > 0 {
		size = *in.PerPage
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	match := s.matcher(*in.Terms, isTrue(in.IsOrSearch))
	var found []*model.Post
	for _, c := range s.world.channelsOf(me.Id, r.PathValue("team")) {
		for _, id := range s.world.timeline[c.Id] {
			if p := s.world.post(id); p != nil && match(p, c) {
				found = append(found, p)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b *model.Post) int { return cmp.Compare(b.CreateAt, a.CreateAt) })
	list := s.postList(window(found, page, size))
	return writeJSON(w, http.StatusOK, model.MakePostSearchResults(list, nil))
}

// matcher understands search terms. The caller holds mu, now and when matching.
func (s *Server) matcher(terms string, either bool) func(*model.Post, *model.Channel) bool {
	var words []string
	var in, from string
	for i, quoted := range strings.Split(strings.ToLower(terms), `"`) {
		if i%2 == 1 {
			words = append(words, quoted)
			continue
		}
		for word := range strings.FieldsSeq(quoted) {
			if name, ok := strings.CutPrefix(word, "in:"); ok {
				in = name
			} else if name, ok := strings.CutPrefix(word, "from:"); ok {
				from = name
			} else {
				words = append(words, word)
			}
		}
	}
	return func(p *model.Post, c *model.Channel) bool {
		if in != "" && c.Name != in || from != "" && s.world.users[p.UserId].Username != from {
			return false
		}
		hits := 0
		for _, word := range words {
			if strings.Contains(strings.ToLower(p.Message), word) {
				hits++
			}
		}
		return hits == len(words) || either && hits > 0
	}
}
