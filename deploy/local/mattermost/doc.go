// Package mattermost is a Mattermost server in one process: the double that
// `cecoia demo` and the tests talk to instead of a real one.
//
// It answers the part of the 11.2 team edition that the gateway and its testers
// use, closely enough that model.Client4 and model.WebSocketClient cannot tell:
// the REST interface under /api/v4, the WebSocket, response URLs, and the
// requests a real server sends out for slash commands, buttons and dialogs. Its
// worth lies in the traps: what surprised us on real servers surprises here too,
// and one test per trap, named after it, says so. What a real server does and
// the gateway never meets (files, reactions, groups, plugins) is left out.
//
// Left out on purpose, though real servers do it: the refusal of addresses that
// AllowedUntrustedInternalConnections does not name and of commands without a
// SiteURL (settings of an installation), the differences of 5.37, and a rate
// limiter that is on from the start (LimitRate switches it on).
//
// Nothing of the gateway lives here: this package knows tickets, academies and
// desks only as words in its seed. It must never be used as a chat server; it
// trusts everyone who can reach its demo page.
//
// # Where to look
//
//	mattermost.go  Options, Start, Close
//	seed.go        declaring teams, people, bots and commands; stable ids
//	world.go       what the server remembers, and who may do what
//	journal.go     how it survives kill -9
//	routes.go      the route table, sign-in and errors of one request
//	users.go channels.go members.go viewed.go posts.go reading.go pending.go
//	commands.go builtin.go answers.go hooks.go actions.go dialogs.go outgoing.go
//	websocket.go
//	               one story each, REST handler and rule together
//	faults.go      switches and counters for tests
//	observe.go     what a test may look at
//	page.go view.go words.go markdown.go templates/ static/
//	               the page for people
//
// # The page, for people and browser tests
//
// "/" lists the seeded accounts; one click opens "/chat?user=USERNAME" as that
// person, in that tab only, so two tabs can be two people.
// "/chat?user=USERNAME&channel=TEAM/NAME" opens a channel, "&thread=POSTID" a
// thread, "&post=POSTID" a post; "&draft=WORDS" leaves words to be sent.
// "/TEAM/pl/POSTID" asks who follows the link. static/chat.js is the page's main
// module; posts.js, composer.js, dialog.js and server.js are beside it. These stay
// stable:
//
//	.try a                        a suggestion on "/"
//	[data-user="USERNAME"]        an account on "/"
//	body[data-ready="true"]       signed in, posts shown, live updates on
//	[data-channel="TEAM/NAME"]    a channel in the list; "@USERNAME" a person
//	#channel-name                 the channel that is open
//	#posts [data-post-id="ID"]    a post; #thread-posts holds the open thread's
//	.post.own .post.bot           written by the reader, by a bot
//	.ephemeral                    a message only its reader sees
//	.edited                       the mark of an edited post
//	[data-action="ID"]            a button, or a menu (select), of an attachment
//	[data-unread] .mentions       a channel with what is not seen, the count of calls
//	[data-open-thread]            opens the thread of its post
//	[data-copy-link] [data-edit] [data-delete] [data-dismiss] [data-unfold]
//	                              what else may be done with a post
//	#message-box #send            write to the channel; Enter sends
//	#thread-box #thread-send      write to the open thread
//	#thread #thread-close         the side pane
//	#suggestions                  the hint shown for "/…", people after "@", channels
//	                              after "~": [data-suggestion="NAME"];
//	                              #thread-suggestions in the thread
//	#dialog                       the open dialog, a form with #dialog-submit and
//	                              #dialog-cancel; fields [name="NAME"], an error
//	                              [data-error-for="NAME"], the form's
//	                              #dialog-error
//	#status                       what was done
//	#notice                       what the server refused, as the user reads it
package mattermost
