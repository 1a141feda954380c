package tickets

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// chosen is a store of nothing but what one person chose.
type chosen struct {
	Store
	direct DirectMessages
	kept   int
}

func (c *chosen) SetDirectMessages(_ context.Context, _ AcademyID, _ uuid.UUID, d DirectMessages) error {
	c.direct, c.kept = d, c.kept+1
	return nil
}

func TestDirectMessagesAreChecked(t *testing.T) {
	requester, _, agent, _, _, _, _ := cast()
	for name, c := range map[string]struct {
		by      Person
		given   DirectMessages
		want    DirectMessages
		code    Code
		message string
	}{
		"nothing": {by: agent},
		"all of it, in its one form": {
			by: agent,
			given: DirectMessages{
				Paces:  map[Template]Pace{TemplateAssigned: PaceNow, TemplateComplement: PaceDigest, TemplateMentioned: PaceNever},
				Quiet:  Quiet{From: 18 * 60, To: 8 * 60},
				Digest: []Minute{840, 500, 840},
			},
			want: DirectMessages{
				Paces:  map[Template]Pace{TemplateComplement: PaceDigest, TemplateMentioned: PaceNever},
				Quiet:  Quiet{From: 18 * 60, To: 8 * 60},
				Digest: []Minute{500, 840},
			},
		},
		"the default is nothing": {
			by:    agent,
			given: DirectMessages{Paces: map[Template]Pace{TemplateRefused: PaceNow}, Quiet: Quiet{From: 60, To: 60}, Digest: []Minute{14 * 60, 9 * 60}},
		},
		"midnight and the last minute": {by: agent, given: DirectMessages{Quiet: Quiet{To: 1439}}, want: DirectMessages{Quiet: Quiet{To: 1439}}},
		"not a direct message":         {by: agent, given: DirectMessages{Paces: map[Template]Pace{TemplateCard: PaceNever}}, code: Invalid, message: "direct.pace"},
		"not a pace":                   {by: agent, given: DirectMessages{Paces: map[Template]Pace{TemplateAssigned: "soon"}}, code: Invalid, message: "direct.pace"},
		"too many digests":             {by: agent, given: DirectMessages{Digest: []Minute{1, 2, 3, 4, 5, 6, 7}}, code: Invalid, message: "direct.digests"},
		"no time of a day":             {by: agent, given: DirectMessages{Digest: []Minute{1440}}, code: Invalid, message: "direct.time"},
		"no quiet time of a day":       {by: agent, given: DirectMessages{Quiet: Quiet{From: -1, To: 5}}, code: Invalid, message: "direct.time"},
		"not of the desk":              {by: requester, code: Forbidden, message: "action.desk_only"},
	} {
		store := &chosen{}
		woken := 0
		desk := NewDesk(Options{Store: store, Committed: func() { woken++ }})
		got, err := desk.SetDirectMessages(t.Context(), Caller{Person: c.by}, c.given)
		if c.code != "" {
			if CodeOf(err) != c.code || !strings.Contains(err.Error(), c.message) || store.kept+woken != 0 {
				t.Errorf("%s: %v, kept %d times", name, err, store.kept)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, c.want) || !reflect.DeepEqual(store.direct, c.want) || woken != 1 {
			t.Errorf("%s: %+v, kept %+v, woken %d times, %v", name, got, store.direct, woken, err)
		}
	}
}
