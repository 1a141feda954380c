package tickets

import (
	"slices"

	"github.com/google/uuid"
)

// Role is what a person may do in a group of the desk.
type Role string

// The roles. Somebody without any is a member of staff: they ask for help.
const (
	RoleAgent      Role = "agent"
	RoleSupervisor Role = "supervisor"
)

// Membership makes a person part of a group of the desk.
type Membership struct {
	Group string `json:"group"`
	Role  Role   `json:"role"`
}

// Person is one entry of an academy's directory. Matricule and login are never
// shown to other staff.
type Person struct {
	Academy     AcademyID    `json:"academy"`
	ID          uuid.UUID    `json:"id"`
	Login       string       `json:"login"`
	Email       string       `json:"email"` // lower case
	GivenName   string       `json:"given_name"`
	FamilyName  string       `json:"family_name"`
	Function    string       `json:"function"`
	Phone       string       `json:"phone"`
	Place       string       `json:"place"`  // localisation: "94/CRETEIL/…"
	Entity      string       `json:"entity"` // UAI code of the school, or the name of a service
	Lang        Lang         `json:"lang"`
	Memberships []Membership `json:"memberships"`
}

// Name returns the given and family names as people read them.
func (p Person) Name() string {
	switch {
	case p.GivenName == "":
		return p.FamilyName
	case p.FamilyName == "":
		return p.GivenName
	}
	return p.GivenName + " " + p.FamilyName
}

// Agent says whether the person is of the desk, in whatever role.
func (p Person) Agent() bool { return len(p.Memberships) > 0 }

// Supervisor says whether the person supervises a group of the desk.
func (p Person) Supervisor() bool {
	return slices.ContainsFunc(p.Memberships, func(m Membership) bool { return m.Role == RoleSupervisor })
}

// MemberOf says whether the person is in the group of that code.
func (p Person) MemberOf(group string) bool {
	return slices.ContainsFunc(p.Memberships, func(m Membership) bool { return m.Group == group })
}

// Groups returns the codes of the person's groups.
func (p Person) Groups() []string {
	out := make([]string, 0, len(p.Memberships))
	for _, m := range p.Memberships {
		out = append(out, m.Group)
	}
	return out
}

// SeesTicket says whether the person may know of the ticket: its requester and
// beneficiary always; the desk of its academy too, but a private one only from
// within its group. The queries of the store apply the same rule.
func (p Person) SeesTicket(t Ticket) bool {
	if p.Academy != t.Academy {
		return false
	}
	return t.Party(p.ID) || p.Agent() && (!t.Private || p.MemberOf(t.Group))
}
