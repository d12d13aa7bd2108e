package plan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	ctrl "sigs.k8s.io/controller-runtime"
)

// What one plan may ask for.
const (
	maxBytes   = 1 << 20
	maxObjects = 100
	maxTime    = 30 * time.Second
)

// Handler answers POST /plan, whose body is a stream of objects in YAML or JSON, or one List of them, with a planreport.Report in
// JSON; or with a sentence, which says what to mend: 400 the objects, 413 their size; 503 says that the database or the API server
// failed, or that another plan takes too long.
func (p *Planner) Handler() http.Handler {
	one := make(chan struct{}, 1) // a plan holds one of the operator's few connections to the database
	mux := http.NewServeMux()
	mux.HandleFunc("POST /plan", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), maxTime)
		defer cancel()
		objects, err := decode(http.MaxBytesReader(w, r.Body, maxBytes))
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			http.Error(w, fmt.Sprintf("a plan takes %d bytes at most; plan fewer objects at a time", maxBytes), http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case one <- struct{}{}:
			defer func() { <-one }()
		case <-ctx.Done():
			http.Error(w, "another plan is being made; try again in a minute", http.StatusServiceUnavailable)
			return
		}
		p.answer(ctx, w, objects)
	})
	return mux
}

func (p *Planner) answer(ctx context.Context, w http.ResponseWriter, objects []*unstructured.Unstructured) {
	log := ctrl.Log.WithName("plan")
	report, err := p.Plan(ctrl.LoggerInto(ctx, log), objects)
	if err != nil {
		log.Error(err, "no plan could be made")
		http.Error(w, "no plan could be made: the database or the API server failed, or took too long; the operator's log tells more. Try again",
			http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(report); err != nil {
		log.Info("a plan was not taken", "reason", err.Error())
	}
}

// decode reads a stream of objects.
func decode(body io.Reader) (objects []*unstructured.Unstructured, err error) {
	decoder := yaml.NewYAMLOrJSONDecoder(body, 4096)
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("object %d is neither YAML nor JSON: %w", len(objects)+1, err)
		}
		if len(object.Object) == 0 {
			continue // between two lines of dashes
		}
		items := []unstructured.Unstructured{*object}
		if object.IsList() {
			list, err := object.ToList()
			if err != nil {
				return nil, fmt.Errorf("object %d: %w", len(objects)+1, err)
			}
			items = list.Items
		}
		for i := range items {
			objects = append(objects, &items[i])
		}
	}
	return objects, check(objects)
}

func check(objects []*unstructured.Unstructured) error {
	switch {
	case len(objects) == 0:
		return errors.New("there is no object to plan")
	case len(objects) > maxObjects:
		return fmt.Errorf("a plan takes %d objects at most; plan some at a time", maxObjects)
	}
	for i, object := range objects {
		if object.GetKind() == "" || object.GetAPIVersion() == "" || object.GetName() == "" {
			return fmt.Errorf("object %d: apiVersion, kind and metadata.name are required", i+1)
		}
	}
	return nil
}
