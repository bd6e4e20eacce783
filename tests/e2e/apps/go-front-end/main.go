// Command front-end answers with pages that other tools build: some are part of the program, some lie beside it.
package main

import (
	"io/fs"
	"log"
	"net/http"

	"example.com/front-end/web"
)

func main() {
	pages, err := fs.Sub(web.Files, "dist")
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/", http.FileServerFS(pages))
	http.Handle("/static/", http.StripPrefix("/static/", http.FileServer(http.Dir("public/static"))))
	log.Fatal(http.ListenAndServe(":8080", nil))
}
