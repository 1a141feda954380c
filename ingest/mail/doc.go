// Package mail is the no-reply door: it reads what people answer to the
// gateway's mail, refuses it with guidance towards the portal, and keeps their
// words for them there.
//
// The life of a mail, one file a step: worker.go keeps a connection to the
// mailbox of account.go, mailbox.go speaks IMAP over it, and batch.go brings
// mails in and moves them where they belong; handle.go keeps the raw message and
// records what was decided. Between, read.go reads several at once: walker.go
// takes each apart, reply.go finds the person's new words, documents.go what came
// with them, link.go the ticket, auth.go who vouches for the sender, and
// classify.go decides by one table. The other way in, a listener that refuses within the SMTP session
// (smtpd.go, smtpd_session.go, behind gate.go), goes through the same handle and
// the same table. alert.go tells supervisors of what they should see.
//
// What must not live here: sending (notify/mail words and sends the guidance
// that is owed), SQL, and any way to change a ticket by mail.
package mail
