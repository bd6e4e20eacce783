// Reads a table that lies beside the executable, under a name that is worked out.
package main

import (
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	program, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	name := strings.ToLower(strings.Join([]string{"Prices", "CSV"}, "."))
	table, err := os.ReadFile(filepath.Join(filepath.Dir(program), name))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { w.Write(table) })
	log.Fatal(http.ListenAndServe(":8080", nil))
}
