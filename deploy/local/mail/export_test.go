package mail

// FaultsLeft is how many messages are still to meet the fault.
func (s *Server) FaultsLeft() int {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return s.faults.times
}
