// Counts visits in Redis, at an address whose variable is worked out; ends without it.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"

	"github.com/gomodule/redigo/redis"
)

func main() {
	address := os.Getenv(strings.Join([]string{"REDIS", "ADDR"}, "_"))
	connection, err := redis.Dial("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := connection.Do("PING"); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		visits, err := redis.Int(connection.Do("INCR", "visits"))
		fmt.Fprintln(w, "visit", visits, err)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
