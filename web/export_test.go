package web

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
