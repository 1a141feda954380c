package mattermost

import (
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/mattermost/mattermost/server/public/model"
)

// postView is a post as the page's template needs it.
type postView struct {
	T                            words
	ID, RootID, Author, Username string
	Initials                     string
	Hue                          int
	Created, Updated             int64
	Order                        int
	Time, Stamp, Day, DayLabel   string
	Bot, Own, Edited, Ephemeral  bool
	System, MayEdit, MayDelete   bool
	Long                         bool // shown folded
	Priority, PriorityLabel      string
	Message                      template.HTML
	Attachments                  []attachmentView
	Replies                      int
	RepliesLabel, LastReply      string
}

// foldedRunes is the length from which a message is folded: some two screens.
const foldedRunes = 4000

// attachmentView is an attachment with its texts rendered.
type attachmentView struct {
	Color, Kind        string // "#rrggbb" for the script, or good, warning, danger for the style sheet
	Pretext, Text      template.HTML
	Title, TitleLink   string
	AuthorName, Footer string
	Fields             []fieldView
	Actions            []*model.PostAction
}

type fieldView struct {
	Title string
	Value template.HTML
	Short bool
}

// view prepares a post for one reader, in the reader's language and timezone.
// The caller holds mu.
func (p *page) view(post *model.Post, me *model.User) postView {
	w := wordsFor(me.Locale)
	zone, err := time.LoadLocation(me.GetPreferredTimezone())
	if err != nil {
		zone = time.UTC
	}
	at := time.UnixMilli(post.CreateAt).In(zone)
	v := postView{T: w, ID: post.Id, RootID: post.RootId, Created: post.CreateAt, Updated: post.UpdateAt,
		Time: at.Format("15:04"), Stamp: at.Format(time.RFC3339), Day: at.Format(time.DateOnly), DayLabel: w.day(at),
		Edited: post.EditAt > 0, Ephemeral: post.Type == model.PostTypeEphemeral,
		Message: p.markdown.html(post.Message), Order: p.order(post), Hue: hue(post.UserId)}
	if u := p.world.users[post.UserId]; u != nil {
		v.Author, v.Username, v.Initials, v.Bot, v.Own = personName(u), u.Username, initials(u), u.IsBot, u.Id == me.Id
	}
	if v.Ephemeral { // real servers show their own name here, or the one the answer brings
		v.Author, v.Initials, v.Own, v.Bot, v.Hue = w.System, "·", false, true, 7
		if name, ok := post.GetProp(model.PostPropsOverrideUsername).(string); ok && name != "" {
			v.Author, v.Initials = name, strings.ToUpper(name[:1])
		}
	}
	if post.IsSystemMessage() && !v.Ephemeral {
		v.System = true
		name, _ := post.GetProp("username").(string)
		v.Message = p.markdown.html(w.membership(post, v.Username, name))
	}
	v.MayEdit = v.Own && !v.System
	v.MayDelete = !v.Ephemeral && (v.Own || p.world.isAdmin(p.world.channels[post.ChannelId].TeamId, me.Id))
	v.Long = utf8.RuneCountInString(post.Message) > foldedRunes
	if priority := post.GetPriority(); priority != nil && priority.Priority != nil {
		v.Priority, v.PriorityLabel = *priority.Priority, w.priority(*priority.Priority)
	}
	for _, a := range post.Attachments() {
		v.Attachments = append(v.Attachments, p.attachment(a))
	}
	if replies := p.world.replies(post.Id); len(replies) > 0 {
		last := time.UnixMilli(replies[len(replies)-1].CreateAt).In(zone)
		v.Replies, v.RepliesLabel, v.LastReply = len(replies), w.replies(len(replies)), last.Format("15:04")
	}
	return v
}

// order is a post's rank in its channel, for posts of the same millisecond.
func (p *page) order(post *model.Post) int {
	for i, id := range p.world.timeline[post.ChannelId] {
		if id == post.Id {
			return i
		}
	}
	return len(p.world.timeline[post.ChannelId])
}

func (p *page) attachment(a *model.MessageAttachment) attachmentView {
	v := attachmentView{Title: a.Title, AuthorName: a.AuthorName, Footer: a.Footer, Actions: a.Actions}
	if a.Pretext != "" {
		v.Pretext = p.markdown.html(a.Pretext)
	}
	if a.Text != "" {
		v.Text = p.markdown.html(a.Text)
	}
	if strings.HasPrefix(a.TitleLink, "http://") || strings.HasPrefix(a.TitleLink, "https://") {
		v.TitleLink = a.TitleLink
	}
	switch {
	case strings.HasPrefix(a.Color, "#"):
		v.Color = a.Color
	default:
		v.Kind = a.Color
	}
	for _, f := range a.Fields {
		v.Fields = append(v.Fields, fieldView{Title: f.Title, Value: p.markdown.html(fmt.Sprint(f.Value)), Short: bool(f.Short)})
	}
	return v
}
