package health

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/followup-dev/followup-operator/api/v1alpha1"
	"github.com/followup-dev/followup-operator/internal/reconciler"
	"github.com/followup-dev/followup-operator/internal/store"
)

// Credential is one of an object's, as its Secret has it, and what is known of it.
type Credential struct {
	Field    string // in the object's spec
	Provider string // for people
	Digest   string // see credentials.CheckDigest
	Check    store.Check
}

// Verified is the condition of an object with these credentials: the worst that is known of one, told of each of which it is.
func Verified(all ...Credential) metav1.Condition {
	worst := reconciler.True(v1alpha1.ConditionVerified, v1alpha1.ReasonAccepted, "the provider took the credentials when they were last tried")
	var messages []string
	for _, credential := range all {
		found := credential.verified()
		switch {
		case found.Status == metav1.ConditionTrue, rank[found.Status] < rank[worst.Status]:
			continue
		case rank[found.Status] > rank[worst.Status]:
			worst, messages = found, nil
		}
		messages = append(messages, found.Message)
	}
	if len(messages) > 0 {
		worst.Message = strings.Join(messages, "; ")
	}
	return worst
}

var rank = map[metav1.ConditionStatus]int{metav1.ConditionTrue: 0, metav1.ConditionUnknown: 1, metav1.ConditionFalse: 2}

func (c Credential) verified() metav1.Condition {
	condition := func(status metav1.ConditionStatus, reason, format string, args ...any) metav1.Condition {
		message := c.Field + ": " + fmt.Sprintf(format, args...)
		return metav1.Condition{Type: v1alpha1.ConditionVerified, Status: status, Reason: reason, Message: message}
	}
	verdict := c.Check.Verdict
	if c.Check.Digest != c.Digest {
		verdict = ""
	}
	switch verdict {
	case store.CheckAccepted:
		return condition(metav1.ConditionTrue, v1alpha1.ReasonAccepted, "accepted")
	case store.CheckRefused:
		return condition(metav1.ConditionFalse, v1alpha1.ReasonRefused,
			"%s does not take it (%s); put a valid one where this field points to", c.Provider, c.Check.Code)
	case store.CheckWrongWorkspace:
		return condition(metav1.ConditionFalse, v1alpha1.ReasonWrongWorkspace,
			"the bot token is that of %s, which spec.workspace does not name; put the token of the declared workspace where this field points to", c.Check.Code)
	case store.CheckModelNotFound:
		return condition(metav1.ConditionFalse, v1alpha1.ReasonModelNotFound,
			"its account at %s has no model %s, which the SlackApp's spec.ai.model names; use another model, or another account's key", c.Provider, c.Check.Code)
	case store.CheckUnavailable:
		return condition(metav1.ConditionUnknown, v1alpha1.ReasonProviderUnavailable,
			"%s gave no answer (%s); it is tried again within minutes", c.Provider, c.Check.Code)
	default:
		return condition(metav1.ConditionUnknown, v1alpha1.ReasonNotTried,
			"not tried at %s yet, which the SlackApp's webhook does within seconds while it runs", c.Provider)
	}
}
