package ingest

import "time"

// BePatient leaves Redis all the time that it needs: how a gateway does without
// it is not for a busy machine to decide.
func (g *Gateway) BePatient() { g.enqueueWithin, g.answerWithin = time.Minute, time.Minute }
