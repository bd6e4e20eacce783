// Starts a program whose name is worked out.
package main

import (
	"log"
	"net/http"
	"os/exec"
	"strings"
)

func main() {
	name := strings.Map(func(r rune) rune { return r - 1 }, "hju")
	version, err := exec.Command(name, "--version").Output()
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.Write(version) })
	log.Fatal(http.ListenAndServe(":8080", nil))
}
