package tickets

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"slices"
	"strings"
)

// MaxLogo is the size of an academy's logo at most, in bytes.
const MaxLogo = 16 << 10

// Logo is the picture shown beside an academy's name. It is only ever used as an
// image, where browsers run nothing of it.
type Logo struct {
	MediaType string `json:"media_type,omitempty"` // image/svg+xml or image/png
	Content   []byte `json:"content,omitempty"`
}

// IsZero says whether there is no logo.
func (l Logo) IsZero() bool { return len(l.Content) == 0 }

// ParseLogo checks an SVG or PNG file. An SVG with a script, a handler, text from
// elsewhere or a document type is refused, although no browser would run it as
// an image: whoever opens the file alone must be safe, too.
func ParseLogo(content []byte) (Logo, error) {
	switch {
	case len(content) == 0:
		return Logo{}, errors.New("the file is empty")
	case len(content) > MaxLogo:
		return Logo{}, fmt.Errorf("%d bytes: at most %d", len(content), MaxLogo)
	case bytes.HasPrefix(content, []byte("\x89PNG\r\n")):
		c, err := png.DecodeConfig(bytes.NewReader(content))
		if err != nil {
			return Logo{}, fmt.Errorf("PNG: %w", err)
		}
		if c.Width > 1024 || c.Height > 1024 {
			return Logo{}, fmt.Errorf("PNG: %d × %d pixels: at most 1024 × 1024", c.Width, c.Height)
		}
		if _, err := png.Decode(bytes.NewReader(content)); err != nil {
			return Logo{}, fmt.Errorf("PNG: %w", err)
		}
		return Logo{MediaType: "image/png", Content: content}, nil
	}
	if err := checkSVG(content); err != nil {
		return Logo{}, fmt.Errorf("neither PNG nor an acceptable SVG: %w", err)
	}
	return Logo{MediaType: "image/svg+xml", Content: content}, nil
}

// What an SVG may be made of: shapes, their colours and where they are.
var (
	svgElements = []string{
		"svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "use", "symbol",
		"linearGradient", "radialGradient", "stop", "clipPath", "mask",
	}
	svgSpace = "http://www.w3.org/2000/svg"
)

func checkSVG(content []byte) error {
	d := xml.NewDecoder(bytes.NewReader(content))
	depth, roots := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.Directive:
			return errors.New("a document type")
		case xml.ProcInst:
			if t.Target != "xml" {
				return fmt.Errorf("a processing instruction %q", t.Target)
			}
		case xml.EndElement:
			depth--
		case xml.StartElement:
			if depth++; depth == 1 {
				roots++
				if t.Name.Local != "svg" {
					return fmt.Errorf("the root is <%s>", t.Name.Local)
				}
			}
			if t.Name.Space != svgSpace || !slices.Contains(svgElements, t.Name.Local) {
				return fmt.Errorf("an element <%s>", t.Name.Local)
			}
			if err := checkAttributes(t); err != nil {
				return err
			}
		}
	}
	if roots != 1 {
		return errors.New("no <svg>")
	}
	return nil
}

func checkAttributes(e xml.StartElement) error {
	for _, a := range e.Attr {
		name, value := strings.ToLower(a.Name.Local), strings.ToLower(a.Value)
		switch {
		case strings.HasPrefix(name, "on"):
			return fmt.Errorf("a handler %s", a.Name.Local)
		case name == "href" && !strings.HasPrefix(value, "#"),
			strings.Contains(strings.ReplaceAll(value, "url(#", ""), "url("), strings.Contains(value, "@import"), strings.Contains(value, `\`):
			return fmt.Errorf("%s leads elsewhere", a.Name.Local)
		}
	}
	return nil
}
