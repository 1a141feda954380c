package auth

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// The cost of one hash: the least that the OWASP password storage cheat sheet
// recommends for Argon2id. Raising it leaves older hashes valid, as each says
// its own parameters.
const (
	hashMemory  = 19 * 1024 // KiB
	hashTime    = 2         // passes
	hashThreads = 1
	saltLength  = 16 // bytes
	keyLength   = 32 // bytes
)

// The most that a stored hash may ask of us: the directory is imported, and a
// hash there must not be able to exhaust the machine.
const (
	maxHashMemory  = 256 * 1024 // KiB
	maxHashTime    = 16
	maxHashThreads = 16
	// maxPassword is the longest secret looked at, in bytes.
	maxPassword = 1024
)

// HashPassword returns the Argon2id hash (RFC 9106) of a password under a fresh
// salt, in the PHC string format: "$argon2id$v=19$m=19456,t=2,p=1$salt$hash".
// It fails for an empty password and for one over 1024 bytes.
func HashPassword(password string) (string, error) {
	if password == "" || len(password) > maxPassword {
		return "", fmt.Errorf("auth: a password has 1 to %d bytes", maxPassword)
	}
	salt := make([]byte, saltLength)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("auth: salt: %w", err)
	}
	return phc(salt, argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, keyLength)), nil
}

func phc(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemory, hashTime, hashThreads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// decoyHash returns what takes as long to check as a hash, and is that of no
// password that anybody will find.
func decoyHash() (string, error) {
	random := make([]byte, saltLength+keyLength)
	if _, err := rand.Read(random); err != nil {
		return "", fmt.Errorf("auth: decoy: %w", err)
	}
	return phc(random[:saltLength], random[saltLength:]), nil
}

// verify says whether the password is the one of the hash, in time that does
// not tell how close it was. It returns an error, and false, when the hash is
// not an Argon2id PHC string of acceptable cost.
func verify(hash, password string) (bool, error) {
	h, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	if len(password) > maxPassword {
		password = password[:maxPassword] + "…" // as much work, and never equal
	}
	key := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(len(h.key)))
	return subtle.ConstantTimeCompare(key, h.key) == 1, nil
}

type passwordHash struct {
	memory, time uint32
	threads      uint8
	salt, key    []byte
}

var errHash = errors.New("auth: not an Argon2id hash of acceptable cost")

func parseHash(s string) (passwordHash, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return passwordHash{}, errHash
	}
	var h passwordHash
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); err != nil {
		return passwordHash{}, errHash
	}
	if h.memory < 8*uint32(h.threads) || h.memory > maxHashMemory ||
		h.time < 1 || h.time > maxHashTime || h.threads < 1 || h.threads > maxHashThreads {
		return passwordHash{}, errHash
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return passwordHash{}, errHash
	}
	if h.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(h.key) < 16 || len(h.key) > 64 {
		return passwordHash{}, errHash
	}
	return h, nil
}
