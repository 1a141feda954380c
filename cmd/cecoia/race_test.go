//go:build race

package main

func init() { buildFlags = []string{"-race"} } // the program under test is watched, too
