// Ends at once without a variable whose name is worked out.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	name := strings.ToUpper(strings.Join([]string{"shop", "greeting"}, "_"))
	greeting := os.Getenv(name)
	if greeting == "" {
		log.Fatalf("%s must be set", name)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, greeting) })
	log.Fatal(http.ListenAndServe(":8080", nil))
}
