package tickets

import "context"

// Agents knows who is of the desk.
type Agents interface {
	// Agents returns the active members of that group of the academy, or of all
	// its groups when it is "", by family name then given name.
	Agents(ctx context.Context, academy AcademyID, group string) ([]Person, error)
}

// Agents returns the members of that group of the caller's academy, or of all
// its groups when it is "". Only the desk may ask: [Forbidden] otherwise.
func (d *Desk) Agents(ctx context.Context, by Caller, group string) ([]Person, error) {
	if !by.Person.Agent() {
		return nil, errDeskOnly
	}
	return d.store.Agents(ctx, by.Person.Academy, group)
}
