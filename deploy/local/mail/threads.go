package mail

import "sort"

// A row is one message in the list of a mailbox.
type row struct {
	Message
	view
}

// A thread is the messages that answer one another, newest first.
type thread []row

// threads groups rows by Message-ID and References, whatever the order they
// came in: messages that name a common one belong together. The newest thread,
// by its newest message, comes first.
func threads(rows []row) []thread {
	// Union-find over Message-IDs.
	parent := make(map[string]string)
	var root func(id string) string
	root = func(id string) string {
		if p, ok := parent[id]; ok && p != id {
			top := root(p)
			parent[id] = top
			return top
		}
		parent[id] = id
		return id
	}
	key := func(r row) string {
		if r.MessageID != "" {
			return r.MessageID
		}
		return "without Message-ID: " + r.ID
	}
	for _, r := range rows {
		for _, reference := range r.References {
			parent[root(reference)] = root(key(r))
		}
	}
	groups := make(map[string]thread)
	for _, r := range rows {
		top := root(key(r))
		groups[top] = append(groups[top], r)
	}
	all := make([]thread, 0, len(groups))
	for _, t := range groups {
		sort.Slice(t, func(i, j int) bool { return newer(t[i], t[j]) })
		all = append(all, t)
	}
	sort.Slice(all, func(i, j int) bool { return newer(all[i][0], all[j][0]) })
	return all
}

// newer orders by arrival: senders' clocks are not to be trusted.
func newer(a, b row) bool {
	if a.ID != b.ID {
		return a.ID > b.ID
	}
	return a.Folder > b.Folder
}
