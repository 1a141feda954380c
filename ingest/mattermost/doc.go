// Package mattermost lets the desk work from Mattermost: it verifies what
// Mattermost posts to us (slash commands, clicks on buttons, dialogs), says
// what a command means, and words the answers.
//
// Each slash command is one file, named as people type it, and one line in the
// table of commands.go; dispatch, help, hints and "did you mean" all derive
// from that table. The work itself is done by [tickets.Desk].
//
// What must not live here: rules about tickets, and anything the bot posts (see
// notify/mattermost): answers here are ephemeral, seen by one person.
package mattermost
