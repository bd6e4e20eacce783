// Counts visits in Redis.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/gomodule/redigo/redis"
)

func main() {
	pool := &redis.Pool{Dial: func() (redis.Conn, error) {
		return redis.Dial("tcp", os.Getenv("REDIS_ADDR"))
	}}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		connection := pool.Get()
		defer connection.Close()
		visits, err := redis.Int(connection.Do("INCR", "visits"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "visits", visits)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
