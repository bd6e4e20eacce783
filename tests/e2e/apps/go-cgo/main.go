// Command go-cgo counts its visits in an SQLite database, through cgo.
package main

import (
	"database/sql"
	"fmt"
	"log"
	"net/http"
	"os"

	_ "github.com/mattn/go-sqlite3"
)

func main() {
	if err := os.MkdirAll("data", 0o755); err != nil {
		log.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "./data/visits.db")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE IF NOT EXISTS visits (at TEXT NOT NULL)"); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		var count int
		if _, err := db.Exec("INSERT INTO visits VALUES (datetime('now'))"); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if err := db.QueryRow("SELECT count(*) FROM visits").Scan(&count); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(w, "hello from cgo: visit %d, uid %d\n", count, os.Getuid())
	})
	log.Fatal(http.ListenAndServe(":8090", nil))
}
