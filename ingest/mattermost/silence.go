package mattermost

// silence is for supervisors. Until there are alerts it says so.
var silence = verb{name: "silence", aliases: []string{"mute"}, supervisor: true, run: awaitsSupervision}
