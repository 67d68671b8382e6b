// Submit a video, wait for it, print where it plays, check the notification about it. Standard library only.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

var (
	server        = setting("VODPULL_SERVER", "http://127.0.0.1:8080")
	key           = os.Getenv("VODPULL_ACCESS_KEY") + "." + os.Getenv("VODPULL_SECRET_KEY")
	webhookSecret = os.Getenv("VODPULL_WEBHOOK_SECRET")
	listen        = setting("VODPULL_LISTEN", "http://127.0.0.1:9000")
)

type batch struct {
	BatchID string `json:"batch_id"`
	IsFinal bool   `json:"is_final"`
	Jobs    []struct {
		Playlist string `json:"playlist"`
		Error    *struct{ Code, Message, Remedy string }
	} `json:"jobs"`
}

func setting(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func api(method, path string, body any, idempotencyKey string) (found batch, err error) {
	content := &bytes.Buffer{}
	if body != nil {
		if err = json.NewEncoder(content).Encode(body); err != nil {
			return
		}
	}
	request, err := http.NewRequest(method, server+"/api/v1"+path, content)
	if err != nil {
		return
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	if idempotencyKey != "" {
		request.Header.Set("Idempotency-Key", idempotencyKey)
	}
	reply, err := (&http.Client{Timeout: time.Minute}).Do(request)
	if err != nil {
		return
	}
	defer reply.Body.Close()
	if reply.StatusCode >= 300 {
		said, _ := io.ReadAll(reply.Body)
		return found, fmt.Errorf("HTTP %d: %s", reply.StatusCode, said)
	}
	err = json.NewDecoder(reply.Body).Decode(&found)
	return
}

func submit(source, notifyURL string) (batch, error) {
	// With an Idempotency-Key the call may be sent again after a broken connection.
	unique := make([]byte, 16)
	if _, err := rand.Read(unique); err != nil {
		return batch{}, err
	}
	body := map[string]any{"items": []map[string]string{{"url": source}}, "notify_url": notifyURL}
	return api("POST", "/batches", body, hex.EncodeToString(unique))
}

func wait(batchID string) (batch, error) {
	for {
		found, err := api("GET", "/batches/"+batchID, nil, "")
		if err != nil || found.IsFinal {
			return found, err
		}
		time.Sleep(time.Second)
	}
}

// verify tells whether a notification is genuine (Standard Webhooks).
func verify(headers http.Header, body []byte) bool {
	id, timestamp := headers.Get("webhook-id"), headers.Get("webhook-timestamp")
	sent, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(sent, 0)).Abs() > 5*time.Minute {
		return false
	}
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(webhookSecret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
	wanted := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, given := range strings.Fields(headers.Get("webhook-signature")) {
		if hmac.Equal([]byte(given), []byte(wanted)) {
			return true
		}
	}
	return false
}

// receive listens until the first genuine notification.
func receive(arrived chan<- string) {
	address, err := url.Parse(listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(address.Host, http.HandlerFunc(func(writer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(writer, request.Body, 1<<20))
		if err != nil || !verify(request.Header, body) {
			writer.WriteHeader(http.StatusUnauthorized)
			return
		}
		writer.WriteHeader(http.StatusOK)
		var task struct {
			TaskID string `json:"taskId"`
		}
		if text, err := base64.URLEncoding.DecodeString(string(body)); err == nil && json.Unmarshal(text, &task) == nil {
			arrived <- fmt.Sprintf("notification %s about %s", request.Header.Get("webhook-id"), task.TaskID)
		}
	})))
}

func main() {
	arrived := make(chan string, 1)
	notifyURL := ""
	if webhookSecret != "" {
		notifyURL = listen
		go receive(arrived)
	}
	made, err := submit(os.Args[1], notifyURL)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(made.BatchID)
	final, err := wait(made.BatchID)
	if err != nil {
		log.Fatal(err)
	}
	if failure := final.Jobs[0].Error; failure != nil {
		log.Fatalf("%s: %s\n%s", failure.Code, failure.Message, failure.Remedy)
	}
	fmt.Printf("done %s/media/%s\n", server, final.Jobs[0].Playlist)
	if notifyURL != "" {
		fmt.Println(<-arrived)
	}
}
