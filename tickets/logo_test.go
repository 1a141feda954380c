package tickets

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
)

func TestALogoIsASmallPictureAndNothingElse(t *testing.T) {
	pixels := func(w, h int) string {
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	svg := func(inner string) string {
		return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">` + inner + `</svg>`
	}
	for content, media := range map[string]string{
		svg(`<path d="M0 0h8v8z" fill="#123456"/>`):                              "image/svg+xml",
		svg(`<defs><path id="a" d=""/></defs><use href="#a" fill="url(#b)"/>`):   "image/svg+xml",
		`<?xml version="1.0"?>` + svg(`<title>Une étoile</title><g><rect/></g>`): "image/svg+xml",
		pixels(64, 64): "image/png",
	} {
		l, err := ParseLogo([]byte(content))
		if err != nil || l.MediaType != media || string(l.Content) != content || l.IsZero() {
			t.Errorf("%.60q: %s, %v", content, l.MediaType, err)
		}
	}
	for _, content := range []string{
		"", "GIF89a", "<html></html>", `<svg viewBox="0 0 8 8"/>`, svg("<path>"), svg("") + svg(""),
		svg(`<script>alert(1)</script>`), svg(`<path onload="alert(1)"/>`), svg(`<path OnClick="x"/>`),
		svg(`<foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>`),
		svg(`<image href="https://ailleurs.example/x.png"/>`), svg(`<use href="https://ailleurs.example/x.svg#a"/>`),
		svg(`<use xlink:href="data:image/svg+xml,x" xmlns:xlink="http://www.w3.org/1999/xlink"/>`),
		svg(`<path fill="url(https://ailleurs.example/)"/>`), svg(`<path style="fill:URL( //ailleurs.example)"/>`),
		svg(`<style>@import url(x)</style>`), svg(`<a href="javascript:alert(1)"/>`), svg(`<animate attributeName="href"/>`),
		`<!DOCTYPE svg [<!ENTITY x "y">]>` + svg("&x;"), `<?xml-stylesheet href="x"?>` + svg(""),
		svg(strings.Repeat("<g></g>", 3000)), pixels(2000, 2), pixels(8, 8)[:40],
	} {
		if l, err := ParseLogo([]byte(content)); err == nil {
			t.Errorf("%.80q is accepted as %s", content, l.MediaType)
		}
	}
}
