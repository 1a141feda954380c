// Package example holds the desk file and the directory that the demo runs on,
// and that a site can start its own from. The people are made up, their domains
// end in .example, their telephone numbers are of the range kept for fiction.
package example

import "embed"

// Desk is the example desk file, in YAML: three academies.
//
//go:embed desk.yaml
var Desk []byte

// Logos are the pictures that the desk file names: drawings of ours, of no State.
//
//go:embed logos/*.svg
var Logos embed.FS

// People is the example directory, in the CSV that `cecoia people import` reads.
//
//go:embed people.csv
var People []byte

// Articles are the knowledge base of the demo: Markdown after a head of YAML
// that says the theme, the subject, the title, the summary and the audience.
//
//go:embed articles/*.md
var Articles embed.FS
