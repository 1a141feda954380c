package child

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
)

// FreeAddresses returns n addresses on loopback that nobody listens on. Their ports
// are below those that the kernel gives out by itself: nobody gets them while the
// server that they are for is away.
func FreeAddresses(ctx context.Context, n int) ([]string, error) {
	addresses := make([]string, n)
	for i := range addresses {
		var l net.Listener
		var err error
		for range 100 { // another program may have one
			port := 20_000 + rand.N(12_000) //nolint:gosec // keeps no secret
			if l, err = new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
				break
			}
		}
		if err != nil {
			return nil, fmt.Errorf("child.FreeAddresses: %w", err)
		}
		defer l.Close() //nolint:errcheck // held until all are chosen, so that no two are the same
		addresses[i] = l.Addr().String()
	}
	return addresses, nil
}
