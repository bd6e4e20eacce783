// Command go-templates renders a page from templates that it reads when it starts.
package main

import (
	"html/template"
	"log"
	"net/http"
	"os"

	"github.com/gorilla/mux"
)

var pages = template.Must(template.ParseGlob("web/templates/*.html"))

func index(w http.ResponseWriter, _ *http.Request) {
	data := map[string]any{"Name": "templates", "UID": os.Getuid()}
	if err := pages.ExecuteTemplate(w, "index.html", data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func main() {
	router := mux.NewRouter()
	router.HandleFunc("/", index)
	router.PathPrefix("/static/").Handler(http.StripPrefix("/static/", http.FileServer(http.Dir("./web/static"))))
	log.Fatal(http.ListenAndServe(":9000", router))
}
