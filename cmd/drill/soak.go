package main

import (
	"context"
	"io"
	"time"
)

func soak(ctx context.Context, s *site, lasts time.Duration, out io.Writer) error { return nil }
