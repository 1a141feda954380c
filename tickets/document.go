package tickets

import (
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// allowedMedia are the media types (RFC 6838) accepted as documents, as sniffed
// from the bytes, each with the extensions that its files have; the first is
// the usual one. No HTML, SVG or script: a browser would run them.
var allowedMedia = map[string][]string{
	"text/plain":      {".txt", ".text", ".log", ".md", ".csv", ".tsv", ".ini", ".conf", ".cfg", ".yaml", ".yml", ".json", ".xml", ".sql", ".tex", ".srt", ".ics", ".vcf", ".eml"},
	"text/csv":        {".csv", ".txt", ".tsv"},
	"text/rtf":        {".rtf", ".doc"},
	"application/rtf": {".rtf", ".doc"},
	"application/pdf": {".pdf"},

	"image/png": {".png"}, "image/jpeg": {".jpg", ".jpeg", ".jfif"}, "image/gif": {".gif"}, "image/webp": {".webp"},
	"image/heic": {".heic"}, "image/heif": {".heif", ".heic"}, "image/tiff": {".tif", ".tiff"}, "image/bmp": {".bmp"},

	"application/zip": {".zip"}, "application/x-7z-compressed": {".7z"}, "application/gzip": {".gz", ".tgz"},

	"application/msword": {".doc", ".dot"}, "application/vnd.ms-excel": {".xls", ".xlt"},
	"application/vnd.ms-powerpoint": {".ppt", ".pps"}, "application/vnd.ms-outlook": {".msg"},
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document":   {".docx"},
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":         {".xlsx"},
	"application/vnd.openxmlformats-officedocument.presentationml.presentation": {".pptx"},
	"application/vnd.oasis.opendocument.text":                                   {".odt"},
	"application/vnd.oasis.opendocument.spreadsheet":                            {".ods"},
	"application/vnd.oasis.opendocument.presentation":                           {".odp"},
	"application/vnd.oasis.opendocument.graphics":                               {".odg"},

	"audio/mpeg": {".mp3"}, "audio/ogg": {".ogg", ".oga"}, "audio/wav": {".wav"},
	"video/mp4": {".mp4", ".m4v"}, "video/webm": {".webm"}, "video/quicktime": {".mov"},
	"message/rfc822": {".eml"},
}

// truthful returns a document's name with an extension that its bytes have: a
// script that is plain text, or a picture that says it is a program, would
// otherwise run on the desk of who opens it.
func truthful(name string, extensions []string) string {
	if slices.Contains(extensions, strings.ToLower(path.Ext(name))) {
		return name
	}
	return name + extensions[0]
}

// maxExtension is the longest ending of a name that is kept as its extension.
const maxExtension = 12

// shortened returns a document's name with its middle cut so that it fits one
// line, its extension kept, and room for another. A name that is no text stays
// as it is, to be refused.
func shortened(name string) string {
	const most = MaxLine - maxExtension
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) <= most {
		return name
	}
	extension := path.Ext(name)
	if len(extension) > maxExtension {
		extension = ""
	}
	stem := []rune(strings.TrimSuffix(name, extension))
	return string(stem[:most-1-utf8.RuneCountInString(extension)]) + "…" + extension
}
