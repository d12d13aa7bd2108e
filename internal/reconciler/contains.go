package reconciler

// contains says whether live has everything that want has: fields that only live has are defaults or somebody else's. Lists
// must have the same length, so that an item added by hand (a subject to a RoleBinding, say) counts as drift; where
// server-side apply lets such an item stay, the cost is an apply that changes nothing.
func contains(live, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		live, ok := live.(map[string]any)
		if !ok {
			return false
		}
		for key, value := range want {
			if !contains(live[key], value) {
				return false
			}
		}
		return true
	case []any:
		live, ok := live.([]any)
		if !ok || len(live) != len(want) {
			return false
		}
		for i := range want {
			if !contains(live[i], want[i]) {
				return false
			}
		}
		return true
	default:
		return live == want
	}
}

// prune drops nulls and empty objects, which Go types marshal for fields that nobody set. Nothing that is applied here needs
// an empty object.
func prune(m map[string]any) {
	for key, value := range m {
		switch value := value.(type) {
		case nil:
			delete(m, key)
		case map[string]any:
			prune(value)
			if len(value) == 0 {
				delete(m, key)
			}
		case []any:
			for _, item := range value {
				if item, ok := item.(map[string]any); ok {
					prune(item)
				}
			}
		}
	}
}
