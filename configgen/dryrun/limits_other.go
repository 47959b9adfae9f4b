//go:build !linux

package dryrun

import "syscall"

func attributes() *syscall.SysProcAttr { return nil }

func limitSelf() error { return nil }
