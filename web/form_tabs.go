package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"cecoia.example/tickets"
)

// Two tabs, or two devices, may write to one form. Each step carries the version
// of what it showed. When another has saved something else in its fields since,
// what is typed is not kept over it: the page is shown again with both.

// version identifies what the step's fields hold in a form.
func (st *step) version(v *visit, f tickets.Form) string {
	h := sha256.New()
	for _, a := range st.held(v, f) {
		h.Write([]byte(a.Label + "\x00" + a.Value + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// held is what the step's fields hold in a form: names and values for people.
func (st *step) held(v *visit, f tickets.Form) []answer {
	plain := *v
	plain.kept = nil
	var out []answer
	for _, x := range st.fields(plain.form(nil), &plain, f) {
		a := answer{Label: x.Name, Value: x.Value, None: v.words.T("web.form.nothing")}
		switch x.Kind {
		case "radio":
			for _, o := range x.Options {
				if o.Checked {
					a.Value = o.Label
				}
			}
		case "checkbox":
			if a.Value = v.words.T("web.no"); x.Checked {
				a.Value = v.words.T("web.yes")
			}
		}
		out = append(out, a)
	}
	return out
}

// overtakenError says that another tab has saved the form since the page was
// shown, and something else than what is typed.
type overtakenError struct {
	typed, kept tickets.Form
	differs     []answer // what is kept, by the fields' names
}

// Error is for logs.
func (e *overtakenError) Error() string { return "web: the form was changed in another tab" }

// saveTries bounds how often another tab may come in between; each of them has
// saved something.
const saveTries = 5

// keep saves what was typed in the step's fields and returns the form as it then
// is, or, beside the error, as it was typed.
func (st *step) keep(s *server, r *http.Request, v *visit, sub submission) (tickets.Form, error) {
	for try := 1; ; try++ {
		f, _, err := s.openForm(r, v)
		if err != nil {
			return f, err
		}
		if o := st.overtaken(v, f, sub); o != nil {
			return o.typed, o
		}
		st.apply(v, &f.Card, sub.Values)
		err = s.desk.SaveForm(r.Context(), v.caller(), f)
		if tickets.CodeOf(err) == tickets.Conflict && try < saveTries {
			continue
		}
		return f, err
	}
}

// overtaken returns an error when the form as kept has other words in the step's
// fields than the page showed, and others than are typed; nil when it does not.
// A form without a version is taken as it is: the last one wins.
func (st *step) overtaken(v *visit, kept tickets.Form, sub submission) *overtakenError {
	if version := sub.Get("version"); version == "" || version == st.version(v, kept) {
		return nil
	}
	o := &overtakenError{typed: kept, kept: kept}
	st.apply(v, &o.typed.Card, sub.Values)
	clean := o.typed
	if card, err := clean.Card.Clean(v.academy, false); err == nil {
		clean.Card = card
	}
	typed := st.held(v, clean)
	for i, a := range st.held(v, kept) {
		if a.Value != typed[i].Value {
			o.differs = append(o.differs, a)
		}
	}
	if len(o.differs) == 0 {
		return nil
	}
	return o
}

// renderOvertaken shows the step with what is typed, and what another tab has
// saved instead. Sending it again keeps what is typed.
func (st *step) renderOvertaken(s *server, w http.ResponseWriter, r *http.Request, v *visit, o *overtakenError) error {
	_, docs, err := s.openForm(r, v)
	if err != nil {
		return err
	}
	labels := map[string]string{}
	for _, x := range st.fields(v.form(nil), v, o.kept) {
		labels[x.Name] = x.Label
	}
	var refused tickets.Errors
	for i, a := range o.differs {
		o.differs[i].Label = labels[a.Label]
		refused = append(refused, &tickets.Error{
			Code: tickets.Conflict, Field: a.Label, Message: "web.form.overtaken", Args: []any{labels[a.Label]},
		})
	}
	return st.render(s, w, r, v, stepPage{
		form: o.typed, kept: o.kept, docs: docs, status: http.StatusConflict, refused: refused, overtaken: o.differs,
	})
}

// rescue keeps the words of a body that was cut before its documents were
// through: they came first. There is nobody left to tell of a refusal.
func (st *step) rescue(s *server, r *http.Request, v *visit, sub submission) {
	if !sub.Has(st.names[0]) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 5*time.Second)
	defer cancel()
	if _, err := st.keep(s, r.WithContext(ctx), v, sub); err != nil && tickets.CodeOf(err) == "" {
		var o *overtakenError
		if !errors.As(err, &o) {
			s.log.Warn("words of a cut form not kept", "trace", traceID(r.Context()), "err", err)
		}
	}
}

// cutDetach returns the document that a button asks to remove.
func cutDetach(do string) (id string, ok bool) { return strings.CutPrefix(do, "detach:") }
