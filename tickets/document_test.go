package tickets

import "testing"

func TestADocumentsNameSaysWhatItIs(t *testing.T) {
	for _, c := range []struct{ name, media, want string }{
		{"photo.PNG", "image/png", "photo.PNG"},
		{"photo.exe", "image/png", "photo.exe.png"},
		{"notes.bat", "text/plain", "notes.bat.txt"},
		{"journal", "text/plain", "journal.txt"},
		{"page.hta", "text/plain", "page.hta.txt"},
		{"liste.csv", "text/plain", "liste.csv"},
		{"scan.pdf.lnk", "application/pdf", "scan.pdf.lnk.pdf"},
	} {
		if got := truthful(c.name, allowedMedia[c.media]); got != c.want {
			t.Errorf("%s of %s: %s, want %s", c.name, c.media, got, c.want)
		}
	}
}

func TestNothingTurnsTheText(t *testing.T) {
	if got, err := cleanLine("summary", "Titre \u202einverse\u2066 et\u2069"); err != nil || got != "Titre inverse et" {
		t.Errorf("%q, %v", got, err)
	}
}
