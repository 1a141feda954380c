package mattermost

// ack is for supervisors. Until there are alerts it says so.
var ack = verb{name: "ack", aliases: []string{"vu", "acquitter", "acknowledge"}, supervisor: true, run: awaitsSupervision}
