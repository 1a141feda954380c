// Package chromiumtest gives each test a window of its own in Debian's Chromium,
// without a screen: one browser per test process, started by the first test that
// asks, as a start takes a second of the machine. A window shares neither
// cookies nor cache with another.
package chromiumtest

import (
	"context"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"cecoia.example/deploy/local/child"
)

// shared is the browser of this test process. It is the one global of the
// package: tests of a package share nothing else to hang it on.
var shared browser

type browser struct {
	start sync.Once
	ctx   context.Context // of its first tab, which no test uses
	err   error
}

// New returns the context of a new window, 1280 by 900 pixels, in French; it
// closes with the test. A chromedp context made from it is another tab, with the
// same cookies. The browser itself ends with the process.
func New(t testing.TB) context.Context {
	t.Helper()
	shared.start.Do(func() { shared.ctx, shared.err = launch() })
	if shared.err != nil {
		t.Fatalf("chromiumtest.New: starting Chromium: %v", shared.err)
	}
	ctx, cancel := chromedp.NewContext(shared.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	// One window of a screen has the focus; here each behaves as if it had.
	focus := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
		return err
	})
	if err := chromedp.Do(ctx, focus); err != nil {
		t.Fatalf("chromiumtest.New: opening a window: %v", err)
	}
	return ctx
}

func launch() (context.Context, error) {
	dir, err := os.MkdirTemp("", "cecoia-chromium-")
	if err != nil {
		return nil, err
	}
	if _, err := child.RemoveAtEnd(dir); err != nil {
		return nil, err
	}
	// A container has no user namespaces for the sandbox; the pages are ours.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox,
		chromedp.DisableGPU, chromedp.UserDataDir(dir), chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "fr-FR"), chromedp.Flag("accept-lang", "fr-FR,fr"),
		chromedp.WSURLReadTimeout(time.Minute)) // a start takes long on a busy machine
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("chromedp: %w", err)
	}
	return ctx, nil
}
