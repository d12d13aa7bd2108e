// Command hello is the pod of the cluster's tests: it tells its name, and fetches a URL from where it is.
package main

import (
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		name, _ := os.Hostname()
		_, _ = io.WriteString(w, name)
	})
	mux.HandleFunc("/get", func(w http.ResponseWriter, r *http.Request) {
		client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		answer, err := client.Get(r.URL.Query().Get("url"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		_, _ = io.Copy(w, answer.Body)
	})
	log.Fatal((&http.Server{Addr: ":8080", Handler: mux, ReadHeaderTimeout: time.Second}).ListenAndServe())
}
