// The webhook backend of the API server's audit log, with events of a made-up cluster.
//
//	audit KUBECONFIG COUNT
//
// It prints the audit id of each event that the backend took for delivered. The sizes are the defaults of the
// API server; the first of its delays is 2 seconds instead of 10.
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	authnv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	auditinternal "k8s.io/apiserver/pkg/apis/audit"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/util/webhook"

	"k8s.io/apiserver/plugin/pkg/audit/buffered"
	plugin "k8s.io/apiserver/plugin/pkg/audit/webhook"
)

const firstDelay = 2 * time.Second

// noting prints what the backend below it delivered.
type noting struct {
	audit.Backend
}

func (n noting) ProcessEvents(events ...*auditinternal.Event) bool {
	delivered := n.Backend.ProcessEvents(events...)
	if delivered {
		text := ""
		for _, event := range events {
			text += string(event.AuditID) + "\n"
		}
		fmt.Print(text)
	}
	return delivered
}

func event(number int) *auditinternal.Event {
	now := metav1.NewMicroTime(time.Now())
	return &auditinternal.Event{
		Level:                    auditinternal.LevelMetadata,
		AuditID:                  types.UID(fmt.Sprintf("ev:kubernetes:%d:0;", number)),
		Stage:                    auditinternal.StageResponseComplete,
		RequestURI:               fmt.Sprintf("/api/v1/namespaces/shop/secrets/s-%d", number),
		Verb:                     "get",
		User:                     authnv1.UserInfo{Username: "ann", UID: "7", Groups: []string{"system:authenticated"}},
		SourceIPs:                []string{"192.0.2.9"},
		UserAgent:                "kubectl/v1.37.2",
		ObjectRef:                &auditinternal.ObjectReference{Resource: "secrets", Namespace: "shop", Name: fmt.Sprintf("s-%d", number), APIVersion: "v1"},
		ResponseStatus:           &metav1.Status{Code: 200},
		RequestReceivedTimestamp: now,
		StageTimestamp:           now,
		Annotations:              map[string]string{"authorization.k8s.io/decision": "allow"},
	}
}

func main() {
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	hook, err := plugin.NewBackend(os.Args[1], auditv1.SchemeGroupVersion,
		webhook.DefaultRetryBackoffWithInitialDelay(firstDelay), nil)
	if err != nil {
		log.Fatal(err)
	}
	backend := buffered.NewBackend(noting{hook}, buffered.BatchConfig{
		BufferSize: 10000, MaxBatchSize: 400, MaxBatchWait: time.Second,
		ThrottleEnable: true, ThrottleQPS: 10, ThrottleBurst: 15, AsyncDelegate: true,
	})
	stop := make(chan struct{})
	if err := backend.Run(stop); err != nil {
		log.Fatal(err)
	}
	for number := 1; number <= count; number++ {
		backend.ProcessEvents(event(number))
		time.Sleep(500 * time.Microsecond)
	}
	close(stop)
	backend.Shutdown()
}
