// Package greeting knows how to greet.
package greeting

// Hello greets.
func Hello(name string) string {
	return "hello from " + name
}
