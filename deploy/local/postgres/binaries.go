package postgres

import (
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
)

// InstallLine is the command that installs what this package runs, on Debian
// and its kin.
const InstallLine = "apt-get install -y postgresql"

// A MissingError says that no PostgreSQL server is installed; its text is the
// command that installs one.
type MissingError struct{}

func (*MissingError) Error() string { return InstallLine }

// debianBinaries is where Debian's packages put each major version.
const debianBinaries = "/usr/lib/postgresql/*/bin"

// findBinaries returns the folder holding initdb and postgres: the newest of
// Debian's versions, else what PATH finds.
func findBinaries() (string, error) { return findBinariesIn(debianBinaries) }

func findBinariesIn(pattern string) (string, error) {
	folders, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	version := func(folder string) float64 {
		v, err := strconv.ParseFloat(filepath.Base(filepath.Dir(folder)), 64)
		if err != nil {
			return 0
		}
		return v
	}
	sort.Slice(folders, func(i, j int) bool { return version(folders[i]) > version(folders[j]) })
	if path, err := exec.LookPath("initdb"); err == nil {
		// Some systems link initdb alone into PATH; its neighbours are beside the target.
		if target, err := filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(target))
		}
	}
	for _, folder := range folders {
		if executable(filepath.Join(folder, "initdb")) && executable(filepath.Join(folder, "postgres")) {
			return folder, nil
		}
	}
	return "", &MissingError{}
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
