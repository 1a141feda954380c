package tickets

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// Dialog is what a dialog of the chat was opened for. It travels through the
// hands of the person as the dialog's state, sealed: nobody but us reads it,
// makes one or changes it. It gives no right: who sends the dialog needs their
// own.
type Dialog struct {
	Form    string    `json:"form"` // which dialog it is
	Academy AcademyID `json:"academy"`
	Ticket  uuid.UUID `json:"ticket,omitzero"` // uuid.Nil for none
	Account string    `json:"account"`         // the chat's user for whom it was opened, and nobody else
	Place   string    `json:"place,omitempty"` // the channel it was opened in
	Thread  string    `json:"thread,omitempty"`
	Reply   string    `json:"reply,omitempty"` // the chat's handle for what is said after it; a secret
	Expires time.Time `json:"expires"`
}

// dialogCipher encrypts and authenticates (AES-256-GCM, NIST SP 800-38D) under a
// nonce drawn for each dialog.
func (k *Keyring) dialogCipher() cipher.AEAD {
	block, err := aes.NewCipher(k.dialog)
	if err == nil {
		var aead cipher.AEAD
		if aead, err = cipher.NewGCMWithRandomNonce(block); err == nil {
			return aead
		}
	}
	panic(err) // only for keys of another length than the 32 bytes of NewKeyring
}

// SealDialog returns the state of a dialog: no two are the same.
func (k *Keyring) SealDialog(d Dialog) string {
	plain, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings, ids and a time can always be marshalled
	}
	return base64.RawURLEncoding.EncodeToString(k.dialogCipher().Seal(nil, nil, plain, nil)) //nolint:gosec // the cipher draws its nonce
}

// OpenDialog returns the dialog of a state that we sealed and that has not
// expired at now, with an id of its opening (32 hexadecimal digits); false for
// any other state.
func (k *Keyring) OpenDialog(state string, now time.Time) (d Dialog, id string, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(state)
	if err != nil {
		return Dialog{}, "", false
	}
	plain, err := k.dialogCipher().Open(nil, nil, sealed, nil)
	if err != nil || json.Unmarshal(plain, &d) != nil || now.After(d.Expires) {
		return Dialog{}, "", false
	}
	sum := sha256.Sum256(sealed) // of the bytes: their text may be written in more than one way
	return d, hex.EncodeToString(sum[:16]), true
}
