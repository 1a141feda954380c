package mattermost

// escalader is for supervisors. Until there are alerts it says so.
var escalader = verb{name: "escalader", aliases: []string{"escalate"}, supervisor: true, run: awaitsSupervision}
