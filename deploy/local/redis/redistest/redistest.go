// Package redistest gives a test a real redis-server of its own.
package redistest

import (
	"context"
	"testing"

	"cecoia.example/deploy/local/redis"
)

// New starts a redis-server for this test, and stops it at its end. The test
// may Kill it; to bring one back on the same address see redis.StartServer.
func New(t testing.TB) *redis.Server {
	t.Helper()
	server, err := redis.StartServer(t.Context(), redis.Options{})
	if err != nil {
		t.Fatalf("redistest.New: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Errorf("redistest: %v", err)
		}
	})
	return server
}
