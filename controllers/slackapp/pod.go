package slackapp

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	// user is the "nonroot" of distroless images.
	user = 65532
	// graceSeconds covers the webhook's own drain: 5 s of serving on, and up to 25 s for requests and jobs to end.
	graceSeconds = 45
)

// pod is what the restricted Pod Security Standard admits.
//
// Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
func (w workload) pod() corev1.PodSpec {
	return corev1.PodSpec{
		ServiceAccountName:            webhookName(w.app),
		AutomountServiceAccountToken:  new(true), // for the informer of Secrets
		TerminationGracePeriodSeconds: new(int64(graceSeconds)),
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot:   new(true),
			RunAsUser:      new(int64(user)),
			RunAsGroup:     new(int64(user)),
			FSGroup:        new(int64(user)),
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		TopologySpreadConstraints: []corev1.TopologySpreadConstraint{
			w.spread("kubernetes.io/hostname"), w.spread("topology.kubernetes.io/zone"),
		},
		Containers: []corev1.Container{w.container()},
		Volumes: []corev1.Volume{{
			Name: "dsn",
			VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
				SecretName:  webhookName(w.app) + "-dsn",
				DefaultMode: new(int32(0o440)),
			}},
		}},
	}
}

// spread keeps the pods of one template apart where there is room, and never keeps one from running.
func (w workload) spread(topologyKey string) corev1.TopologySpreadConstraint {
	return corev1.TopologySpreadConstraint{
		MaxSkew:           1,
		TopologyKey:       topologyKey,
		WhenUnsatisfiable: corev1.ScheduleAnyway,
		LabelSelector:     &metav1.LabelSelector{MatchLabels: w.selector()},
		MatchLabelKeys:    []string{"pod-template-hash"},
	}
}

func (w workload) container() corev1.Container {
	return corev1.Container{
		Name:  "webhook",
		Image: w.config.Image,
		Args:  w.args(),
		Ports: []corev1.ContainerPort{
			{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP},
			{Name: "metrics", ContainerPort: 9090, Protocol: corev1.ProtocolTCP},
		},
		Resources:    w.resources(),
		VolumeMounts: []corev1.VolumeMount{{Name: "dsn", MountPath: loginsDir, ReadOnly: true}},
		// A start may wait for the first snapshot; after that, liveness asks for a quick answer and for no database.
		StartupProbe:   probe("/healthz", 2, 30),
		LivenessProbe:  probe("/healthz", 10, 3),
		ReadinessProbe: probe("/readyz", 2, 2),
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: new(false),
			ReadOnlyRootFilesystem:   new(true),
			RunAsNonRoot:             new(true),
			Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			SeccompProfile:           &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
	}
}

func (w workload) args() []string {
	args := []string{
		"--app-id=" + w.app.Spec.AppID,
		"--slack-app=" + w.app.Name,
		"--webhook-dsn-file=" + loginsDir + "/" + webhookKey,
		"--worker-dsn-file=" + loginsDir + "/" + workerKey,
		"--credentials-namespace=" + w.app.Namespace,
	}
	if model := w.app.Spec.AI.Model; model != "" {
		args = append(args, "--ai-model="+model)
	}
	return slices.Concat(args, w.credentials, w.config.VendorFlags)
}

func probe(path string, periodSeconds, failures int32) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler:     corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString("http")}},
		PeriodSeconds:    periodSeconds,
		TimeoutSeconds:   2,
		FailureThreshold: failures,
	}
}

func (w workload) resources() corev1.ResourceRequirements {
	if declared := w.app.Spec.Webhook.Resources; declared != nil {
		return *declared
	}
	return corev1.ResourceRequirements{
		Requests: corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse("100m"),
			corev1.ResourceMemory: resource.MustParse("128Mi"),
		},
		Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("256Mi")},
	}
}
