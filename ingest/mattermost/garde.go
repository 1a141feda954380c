package mattermost

// garde is for supervisors. Until there are alerts it says so.
var garde = verb{name: "garde", aliases: []string{"duty", "astreinte", "oncall"}, supervisor: true, run: awaitsSupervision}
