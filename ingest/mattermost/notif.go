package mattermost

// notif is about the alerts and messages that a person gets. Until they can be
// tuned it says so.
var notif = verb{name: "notif", aliases: []string{"notify", "notifications", "notification"}, run: awaitsSupervision}
