package tickets

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Keyring signs what leaves us and must come back unaltered: the token of a
// reply address or of an envelope sender, the context of a chat button; and seals the state of a chat
// dialog (dialog.go). One master secret, one derived key per purpose (HKDF, RFC
// 5869).
type Keyring struct {
	reply, bounce, button, dialog, link []byte
}

// NewKeyring derives the keys from a master secret of at least 32 bytes.
func NewKeyring(master []byte) (*Keyring, error) {
	if len(master) < 32 {
		return nil, errors.New("tickets: the master secret must have at least 32 bytes")
	}
	derive := func(purpose string) []byte {
		key, err := hkdf.Key(sha256.New, master, nil, purpose, 32)
		if err != nil {
			panic(err) // only for lengths SHA-256 cannot give: 32 is one it can
		}
		return key
	}
	return &Keyring{reply: derive("cecoia reply address"), bounce: derive("cecoia bounce address"), button: derive("cecoia chat button"), dialog: derive("cecoia chat dialog"), link: derive("cecoia link code")}, nil
}

// mac signs fields with their lengths, so that none can slide into the next.
func mac(key []byte, fields ...string) []byte {
	h := hmac.New(sha256.New, key)
	var length [4]byte
	for _, f := range fields {
		binary.BigEndian.PutUint32(length[:], uint32(len(f)))
		h.Write(length[:])
		h.Write([]byte(f))
	}
	return h.Sum(nil)
}

// lowerBase32 survives mail systems that fold the case of local parts.
var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

const tokenMAC = 10 // bytes: 80 bits, and guesses cost a mail each

// ReplyToken returns the token that, after a +, makes a reply address name its
// ticket: 42 characters of a-z and 2-7. It holds no secret and gives no right.
func (k *Keyring) ReplyToken(academy AcademyID, ticket uuid.UUID) string {
	return token(k.reply, academy, ticket)
}

// ParseReplyToken returns the ticket of a token made for that academy, and
// false for any other string.
func (k *Keyring) ParseReplyToken(academy AcademyID, token string) (uuid.UUID, bool) {
	return parseToken(k.reply, academy, token)
}

// BounceToken returns the token that, after a +, makes the envelope sender of a
// mail name its delivery, and so the one recipient whom a report to that address
// is about. It is shaped like a reply token, and is none.
func (k *Keyring) BounceToken(academy AcademyID, delivery uuid.UUID) string {
	return token(k.bounce, academy, delivery)
}

// ParseBounceToken returns the delivery of a token made for that academy, and
// false for any other string.
func (k *Keyring) ParseBounceToken(academy AcademyID, token string) (uuid.UUID, bool) {
	return parseToken(k.bounce, academy, token)
}

func token(key []byte, academy AcademyID, id uuid.UUID) string {
	sum := mac(key, string(academy), string(id[:]))
	return lowerBase32.EncodeToString(append(id[:], sum[:tokenMAC]...))
}

func parseToken(key []byte, academy AcademyID, token string) (uuid.UUID, bool) {
	b, err := lowerBase32.DecodeString(strings.ToLower(token))
	if err != nil || len(b) != 16+tokenMAC {
		return uuid.Nil, false
	}
	id := uuid.UUID(b[:16])
	if !hmac.Equal(b[16:], mac(key, string(academy), string(id[:]))[:tokenMAC]) {
		return uuid.Nil, false
	}
	return id, true
}

// WithToken puts a token into an address: no-reply+token@domain.
func WithToken(address, token string) string {
	local, domain, _ := strings.Cut(address, "@")
	return local + "+" + token + "@" + domain
}

// MessageID returns the Message-ID (RFC 5322, without angle brackets) of a
// delivery: always the same for the same delivery, so that a mail sent twice
// after a crash is seen as one.
func MessageID(d Delivery, domain string) string {
	return "cecoia." + lowerBase32.EncodeToString(d.ID[:]) + "." + lowerBase32.EncodeToString(d.Ticket[:]) + "@" + domain
}

// ParseMessageID returns the delivery and the ticket (uuid.Nil when the
// delivery had none) of a Message-ID of ours, with or without angle brackets,
// and false for any other. Message-IDs are forgeable: they give no right.
func ParseMessageID(s, domain string) (delivery, ticket uuid.UUID, ok bool) {
	s = strings.Trim(strings.TrimSpace(s), "<>")
	local, at, found := strings.Cut(s, "@")
	if !found || !strings.EqualFold(at, domain) {
		return uuid.Nil, uuid.Nil, false
	}
	parts := strings.Split(strings.ToLower(local), ".")
	if len(parts) != 3 || parts[0] != "cecoia" {
		return uuid.Nil, uuid.Nil, false
	}
	d, err1 := lowerBase32.DecodeString(parts[1])
	t, err2 := lowerBase32.DecodeString(parts[2])
	if err1 != nil || err2 != nil || len(d) != 16 || len(t) != 16 {
		return uuid.Nil, uuid.Nil, false
	}
	return uuid.UUID(d), uuid.UUID(t), true
}

// Button is what a button of a card stands for. It travels in the open as the
// button's context: signed, so that it cannot be made up, and bound to a
// channel and a time, so that a copy is of little use. It gives no right: who
// clicks needs their own.
type Button struct {
	Operation string // the verb of the command it stands for: "prendre"
	Academy   AcademyID
	Ticket    uuid.UUID
	Channel   string // the chat's channel id
	Expires   time.Time
}

func (k *Keyring) buttonMAC(b Button) string {
	sum := mac(k.button, b.Operation, string(b.Academy), string(b.Ticket[:]), b.Channel, strconv.FormatInt(b.Expires.Unix(), 10))
	return base64.RawURLEncoding.EncodeToString(sum)
}

// ButtonContext returns the signed context of a button.
func (k *Keyring) ButtonContext(b Button) map[string]any {
	return map[string]any{
		"op": b.Operation, "academy": string(b.Academy), "ticket": b.Ticket.String(), "channel": b.Channel,
		"expires": strconv.FormatInt(b.Expires.Unix(), 10), "mac": k.buttonMAC(b),
	}
}

// ParseButton returns the button of a context that we signed and that has not
// expired at now, and false for any other.
func (k *Keyring) ParseButton(context map[string]any, now time.Time) (Button, bool) {
	field := func(name string) string { s, _ := context[name].(string); return s }
	ticket, err := uuid.Parse(field("ticket"))
	if err != nil {
		return Button{}, false
	}
	expires, err := strconv.ParseInt(field("expires"), 10, 64)
	if err != nil {
		return Button{}, false
	}
	b := Button{
		Operation: field("op"), Academy: AcademyID(field("academy")), Ticket: ticket,
		Channel: field("channel"), Expires: time.Unix(expires, 0),
	}
	if !hmac.Equal([]byte(field("mac")), []byte(k.buttonMAC(b))) || now.After(b.Expires) {
		return Button{}, false
	}
	return b, true
}
