package auth

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddress returns the address the request comes from. Proxies of ours are
// seen through: X-Forwarded-For is believed from the right for as long as each
// hop is one of Options.TrustedProxies. The zero Addr means unknown.
func (s *Service) ClientAddress(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := ap.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !s.trusts(addr) {
			break
		}
		next, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		addr = next.Unmap()
	}
	return addr
}

func (s *Service) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(s.proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// site is the network that counts as one client: an IPv6 customer holds a /64
// at least (RFC 6177), and could try from each of its addresses.
func site(a netip.Addr) string {
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}
