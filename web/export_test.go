package web

import (
	"io/fs"
	"path"
)

// RouteForTest is a route as the tests of the table see it.
type RouteForTest struct {
	Method, Pattern  string
	SignedIn, Assets bool
}

// RoutesForTest returns the route table.
func RoutesForTest() []RouteForTest {
	out := make([]RouteForTest, 0, len(routes))
	for _, r := range routes {
		out = append(out, RouteForTest{r.method, r.pattern, r.who == signedIn, r.who == asset})
	}
	return out
}

// LocalPathForTest is localPath.
var LocalPathForTest = localPath

// AccentSheetForTest is accentSheet.
var AccentSheetForTest = accentSheet

// TryOverridesForTest loads the pages with a site's own folder over them.
func TryOverridesForTest(folder fs.FS) error {
	site, err := loadOverrides(folder)
	if err == nil {
		_, err = loadPages(site)
	}
	return err
}

// PartialsForTest returns our own partials by file name.
func PartialsForTest() (map[string][]byte, error) {
	out := map[string][]byte{}
	names, err := fs.Glob(templateFiles, "templates/partials/*.html")
	for _, name := range names {
		if err == nil {
			out[path.Base(name)], err = fs.ReadFile(templateFiles, name)
		}
	}
	return out, err
}
