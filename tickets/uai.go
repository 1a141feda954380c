package tickets

import "strings"

// uaiLetters are the control letters of UAI codes: the seven-digit number
// modulo 23 picks one.
const uaiLetters = "ABCDEFGHJKLMNPRSTUVWXYZ"

// ValidUAI says whether s is the code of a school in the national directory
// (UAI, formerly RNE): seven digits and the control letter that fits them.
func ValidUAI(s string) bool {
	if len(s) != 8 {
		return false
	}
	n := 0
	for i := range 7 {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		n = n*10 + int(s[i]-'0')
	}
	return s[7] == uaiLetters[n%23]
}

// looksLikeUAI says whether s was meant as a UAI code: digits and one letter,
// as opposed to the name of a service ("EN/RECTORAT DE CRETEIL").
func looksLikeUAI(s string) bool {
	return len(s) == 8 && strings.Trim(s[:7], "0123456789") == "" && s[7] >= 'A' && s[7] <= 'Z'
}
