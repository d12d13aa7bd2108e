package llm

import (
	"net/http"

	"github.com/followup-dev/followup-operator/internal/vendorhttp"
)

// refused reads Anthropic's errors.
func refused(int, http.Header, []byte) vendorhttp.Refusal {
	return vendorhttp.Refusal{}
}
