package reconciler

import (
	"unique"

	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Slim is a cache's transform for kinds of ours. It drops who manages which field, and has the conditions of all objects share
// their words: most say the same, and they are most of what an object takes.
func Slim() func(obj any) (any, error) {
	strip := cache.TransformStripManagedFields()
	return func(obj any) (any, error) {
		if o, ok := obj.(Object); ok {
			conditions := *o.StatusConditions()
			for i := range conditions {
				c := &conditions[i]
				c.Type, c.Reason, c.Message = unique.Make(c.Type).Value(), unique.Make(c.Reason).Value(), unique.Make(c.Message).Value()
			}
		}
		return strip(obj)
	}
}

// identify is a transform for metadata of which the name, the version, the labels and the owner are asked for. What kubectl keeps
// in an annotation of a Secret is the Secret.
func identify(obj any) (any, error) {
	if o, ok := obj.(client.Object); ok {
		o.SetManagedFields(nil)
		o.SetAnnotations(nil)
	}
	return obj, nil
}
