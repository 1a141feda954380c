package redis_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"cecoia.example/deploy/local/redis"
	"cecoia.example/deploy/local/redis/redistest"
	"cecoia.example/deploy/local/wait"
)

func TestMain(m *testing.M) { wait.Main(m) }

func client(t *testing.T, url string) *goredis.Client {
	t.Helper()
	opts, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	opts.MaxRetries = -1
	c := goredis.NewClient(opts)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func useStream(t *testing.T, c *goredis.Client) {
	t.Helper()
	ctx := t.Context()
	if err := c.XGroupCreateMkStream(ctx, "s", "g", "0").Err(); err != nil {
		t.Fatal(err)
	}
	if err := c.XAdd(ctx, &goredis.XAddArgs{Stream: "s", Values: []string{"id", "7"}}).Err(); err != nil {
		t.Fatal(err)
	}
	read, err := c.XReadGroup(ctx, &goredis.XReadGroupArgs{Group: "g", Consumer: "c", Streams: []string{"s", ">"}}).Result()
	if err != nil || len(read) != 1 || read[0].Messages[0].Values["id"] != "7" {
		t.Fatalf("read %v, %v", read, err)
	}
	if n, err := c.XAck(ctx, "s", "g", read[0].Messages[0].ID).Result(); err != nil || n != 1 {
		t.Fatalf("acknowledged %d, %v", n, err)
	}
}

func TestEmbedded(t *testing.T) {
	e, err := redis.StartEmbedded(t.Context(), redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c := client(t, e.URL())
	useStream(t, c)

	if err := c.Set(t.Context(), "k", "v", 100*time.Millisecond).Err(); err != nil {
		t.Fatal(err)
	}
	wait.Until(t, "the key expires", func() bool {
		return errors.Is(c.Get(t.Context(), "k").Err(), goredis.Nil)
	})

	stranger := client(t, "redis://"+c.Options().Addr)
	if err := stranger.Get(t.Context(), "k").Err(); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("without the password: %v", err)
	}
	e.Close()
	if err := c.Ping(t.Context()).Err(); err == nil {
		t.Error("answers after Close")
	}
}

func TestPortInUse(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	if _, err := redis.StartEmbedded(t.Context(), redis.Options{Addr: addr}); err == nil || !strings.Contains(err.Error(), addr) {
		t.Errorf("embedded: %v", err)
	}
	if _, err := redis.StartServer(t.Context(), redis.Options{Addr: addr}); err == nil || !strings.Contains(err.Error(), addr) {
		t.Errorf("server: %v", err)
	}
}

func TestServer(t *testing.T) {
	s := redistest.New(t)
	c := client(t, s.URL())
	useStream(t, c)
	s.Kill()
	<-s.Done()
	if err := c.Ping(t.Context()).Err(); err == nil {
		t.Error("answers after Kill")
	}
}

// A killed server comes back empty on the same address, its folder is removed.
func TestServerComesBack(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	port, err := net.Listen("tcp", "127.0.0.2:0") // where nobody else takes what is free for a moment
	if err != nil {
		t.Fatal(err)
	}
	addr := port.Addr().String()
	port.Close()
	for range 2 {
		s, err := redis.StartServer(t.Context(), redis.Options{Addr: addr})
		if err != nil {
			t.Fatal(err)
		}
		c := client(t, s.URL())
		if err := c.Get(t.Context(), "k").Err(); !errors.Is(err, goredis.Nil) {
			t.Fatalf("not empty: %v", err)
		}
		if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
			t.Fatal(err)
		}
		s.Kill()
		if err := s.Stop(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := filepath.Glob(filepath.Join(temp, "*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestServerMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := redis.StartServer(t.Context(), redis.Options{})
	var missing *redis.MissingError
	if !errors.As(err, &missing) || err.Error() != "apt-get install -y redis-server" {
		t.Errorf("error %v", err)
	}
}
