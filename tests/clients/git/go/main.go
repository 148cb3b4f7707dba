// Clones, deepens and fetches with go-git: STEP URL FOLDER; prints the commits of origin/main, newest first.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

func fail(err error) {
	if err != nil && err != git.NoErrAlreadyUpToDate {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	step, url, folder := os.Args[1], os.Args[2], os.Args[3]
	if step == "clone" || step == "whole" {
		depth := 1
		if step == "whole" {
			depth = 0
		}
		_, err := git.PlainClone(folder, false, &git.CloneOptions{URL: url, Depth: depth})
		fail(err)
	}
	repository, err := git.PlainOpen(folder)
	fail(err)
	refs := []config.RefSpec{"+refs/heads/*:refs/remotes/origin/*"}
	if step == "deepen" {
		fail(repository.Fetch(&git.FetchOptions{Depth: 3, RefSpecs: refs}))
	} else if step == "fetch" {
		fail(repository.Fetch(&git.FetchOptions{RefSpecs: refs}))
	}
	tip, err := repository.Reference(plumbing.NewRemoteReferenceName("origin", "main"), true)
	fail(err)
	ids := []string{}
	log, err := repository.Log(&git.LogOptions{From: tip.Hash()})
	fail(err)
	_ = log.ForEach(func(commit *object.Commit) error {
		ids = append(ids, commit.Hash.String())
		return nil
	})
	shown, err := json.Marshal(ids)
	fail(err)
	fmt.Println(string(shown))
}
