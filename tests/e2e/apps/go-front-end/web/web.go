// Package web holds the pages.
package web

import "embed"

// Files are the pages.
//
//go:embed all:dist
var Files embed.FS
