//go:build connect

package main

import (
	"context"
	"errors"
	"time"

	"github.com/inflect-dev/inflect/cli"
)

// addControlPlane adds nothing: with the tag connect the program is the data plane alone, without page, database and
// embedded servers.
func addControlPlane(app *cli.App) {
	app.Bootstrap = func(context.Context, *time.Time) (string, error) {
		return "", errors.New("this program is the data plane alone: run it from the image of the control plane")
	}
}
