package tickets

import "testing"

func TestWhatABounceWeighs(t *testing.T) {
	for status, want := range map[string]BounceKind{
		"5.1.1": BounceGone, "5.1.2": BounceGone, "5.1.3": BounceGone, "5.1.6": BounceGone, "5.1.10": BounceGone,
		"5.2.2": BounceFailed, "5.2.1": BounceFailed, "5.0.0": BounceFailed, "5.7.1": BounceFailed, "5.1.8": BounceFailed,
		"4.4.7": BounceDelayed, "4.1.1": BounceDelayed, "2.0.0": BounceNone, "": BounceNone, "51.1": BounceNone,
	} {
		if got := (Bounce{Status: status}).Kind(); got != want {
			t.Errorf("%q weighs %q, want %q", status, got, want)
		}
	}
	if got := (Bounce{Status: "5.1.1", Delayed: true}).Kind(); got != BounceDelayed {
		t.Errorf("a delay weighs %q", got)
	}
}

func TestWhatMutes(t *testing.T) {
	for _, x := range []struct {
		kind   BounceKind
		failed int
		want   bool
	}{
		{BounceGone, 1, true}, {BounceFailed, 1, false}, {BounceFailed, 2, false}, {BounceFailed, 3, true}, {BounceFailed, 9, true},
		{BounceDelayed, 0, false}, {BounceDelayed, 9, false},
	} {
		if got := mutes(x.kind, x.failed); got != x.want {
			t.Errorf("%s, the %d-th: %v", x.kind, x.failed, got)
		}
	}
}
