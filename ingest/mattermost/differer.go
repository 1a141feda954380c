package mattermost

// differer is for supervisors. Until there are alerts it says so.
var differer = verb{name: "différer", aliases: []string{"snooze", "defer", "reporter"}, supervisor: true, run: awaitsSupervision}
