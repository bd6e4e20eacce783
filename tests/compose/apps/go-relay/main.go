// Sends each request through NATS and answers what comes back.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/nats-io/nats.go"
)

func main() {
	broker, err := nats.Connect(os.Getenv("NATS_URL"))
	if err != nil {
		log.Fatal(err)
	}
	if _, err := broker.Subscribe("words", func(message *nats.Msg) {
		if err := message.Respond([]byte("relayed " + string(message.Data))); err != nil {
			log.Print(err)
		}
	}); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		answer, err := broker.Request("words", []byte("hello"), 5*time.Second)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, string(answer.Data))
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
