package chart

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

func TestLint(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), helm(t), "lint", "--strict", "--set", working[0], chart(t))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("helm lint: %v\n%s", err, out)
	}
}

// TestAdminDSN: the administrator's connection string reaches the init container that migrates, and nothing else.
func TestAdminDSN(t *testing.T) {
	pod := operatorPod(t, "database.existingSecret.name=pg", "database.existingSecret.key=admin")

	var volume string
	for _, v := range pod.Volumes {
		if v.Secret == nil {
			continue
		}
		if volume != "" || v.Secret.SecretName != "pg" || len(v.Secret.Items) != 1 || v.Secret.Items[0].Key != "admin" {
			t.Errorf("Secret volume %+v: want only key admin of Secret pg", v.Secret)
		}
		volume = v.Name
	}
	if volume == "" {
		t.Fatal("no volume holds the administrator's connection string")
	}
	for _, c := range pod.InitContainers {
		if !slices.Contains(c.Args, "--admin-dsn-file="+mount(t, c, volume).MountPath+"/dsn") {
			t.Errorf("container %s does not read the mounted connection string: %v", c.Name, c.Args)
		}
	}
	for _, c := range pod.Containers {
		if slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume }) {
			t.Errorf("container %s mounts the administrator's connection string", c.Name)
		}
		if len(c.EnvFrom) != 0 || slices.ContainsFunc(c.Env, fromSecret) {
			t.Errorf("container %s takes its environment from a Secret", c.Name)
		}
	}
}

// TestLogins: the logins pass from the init container to the operator in memory, and the operator cannot change them.
func TestLogins(t *testing.T) {
	pod := operatorPod(t, working...)
	i := slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == "logins" })
	if i < 0 || pod.Volumes[i].EmptyDir == nil || pod.Volumes[i].EmptyDir.Medium != corev1.StorageMediumMemory {
		t.Fatalf("volumes %+v: want logins in memory", pod.Volumes)
	}
	for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
		m := mount(t, c, "logins")
		if !slices.Contains(c.Args, "--logins-dir="+m.MountPath) {
			t.Errorf("container %s is not told of %s: %v", c.Name, m.MountPath, c.Args)
		}
	}
	if !mount(t, pod.Containers[0], "logins").ReadOnly {
		t.Error("the operator may write the logins")
	}
}

// TestRestricted: the pod meets the restricted Pod Security Standard, and its root file system is read-only.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
func TestRestricted(t *testing.T) {
	pod := operatorPod(t, working...)
	if s := pod.SecurityContext; s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || *s.RunAsUser == 0 ||
		s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("pod security context %+v", s)
	}
	if pod.HostNetwork || pod.HostPID || pod.HostIPC {
		t.Error("the pod uses a namespace of the host")
	}
	for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
		s := c.SecurityContext
		if s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation ||
			s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem ||
			s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) || len(s.Capabilities.Add) != 0 {
			t.Errorf("container %s: security context %+v", c.Name, s)
		}
		if len(c.Resources.Requests) == 0 || c.Resources.Limits.Memory().IsZero() {
			t.Errorf("container %s: resources %+v", c.Name, c.Resources)
		}
	}
	if c := pod.Containers[0]; c.LivenessProbe == nil || c.ReadinessProbe == nil {
		t.Errorf("container %s has no probes", c.Name)
	}
}

func TestArguments(t *testing.T) {
	tests := map[string]struct {
		settings []string
		image    string
		want     []string
		unwanted []string
	}{
		"defaults": {
			image:    "ghcr.io/followup-dev/followup-operator:v0.1.0",
			want:     []string{"--leader-elect", "--webhook-image=ghcr.io/followup-dev/followup-webhook:v0.1.0"},
			unwanted: []string{"-url="},
		},
		"own images": {
			settings: []string{"image.repository=registry:5000/operator", "image.tag=dev", "webhook.image.repository=registry:5000/webhook", "webhook.image.tag=dev"},
			image:    "registry:5000/operator:dev",
			want:     []string{"--webhook-image=registry:5000/webhook:dev"},
		},
		"vendors elsewhere": {
			settings: []string{"vendors.slackApiUrl=http://doubles/api/", "vendors.slackHooksUrl=http://doubles", "vendors.fathomApiUrl=http://doubles:81/external/v1"},
			image:    "ghcr.io/followup-dev/followup-operator:v0.1.0",
			want:     []string{"--slack-api-url=http://doubles/api/", "--slack-hooks-url=http://doubles", "--fathom-api-url=http://doubles:81/external/v1"},
		},
		"vendors of follow-ups elsewhere": {
			settings: []string{"vendors.anthropicApiUrl=http://ai", "vendors.cronoApiUrl=http://crono/api/v1", "vendors.gmailApiUrl=http://gmail/", "vendors.calendarApiUrl=http://calendar/calendar/v3/", "vendors.googleTokenUrl=http://google/token"},
			image:    "ghcr.io/followup-dev/followup-operator:v0.1.0",
			want:     []string{"--anthropic-api-url=http://ai", "--crono-api-url=http://crono/api/v1", "--gmail-api-url=http://gmail/", "--calendar-api-url=http://calendar/calendar/v3/", "--google-token-url=http://google/token"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			pod := operatorPod(t, append(tc.settings, working...)...)
			for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
				if c.Image != tc.image {
					t.Errorf("container %s: image %s, want %s", c.Name, c.Image, tc.image)
				}
			}
			args := pod.Containers[0].Args
			for _, want := range tc.want {
				if !slices.Contains(args, want) {
					t.Errorf("arguments %v: want %s", args, want)
				}
			}
			for _, unwanted := range tc.unwanted {
				if strings.Contains(strings.Join(args, " "), unwanted) {
					t.Errorf("arguments %v: %s not wanted", args, unwanted)
				}
			}
		})
	}
}

// operatorPod returns the pod that the settings give the operator.
func operatorPod(t *testing.T, settings ...string) corev1.PodSpec {
	t.Helper()
	pod := find[*appsv1.Deployment](t, render(t, settings...), fullname).Spec.Template.Spec
	if len(pod.InitContainers) != 1 || len(pod.Containers) != 1 {
		t.Fatalf("want one init container and one container, got %+v", pod)
	}
	return pod
}

func mount(t *testing.T, c corev1.Container, volume string) corev1.VolumeMount {
	t.Helper()
	i := slices.IndexFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume })
	if i < 0 {
		t.Fatalf("container %s does not mount %s", c.Name, volume)
	}
	return c.VolumeMounts[i]
}

func fromSecret(e corev1.EnvVar) bool { return e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil }
