package main

import (
	"net/http"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/manager"
)

// addPlans has each replica answer plans, the leader or not: they write nothing.
func addPlans(mgr ctrl.Manager, address string, plans http.Handler) error {
	if address == "0" {
		return nil
	}
	return mgr.Add(&manager.Server{Name: "plans", Server: &http.Server{
		Addr: address, Handler: plans, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10,
	}, ShutdownTimeout: new(5 * time.Second)})
}
