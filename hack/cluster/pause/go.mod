module github.com/followup-dev/followup-operator/hack/cluster/pause

go 1.26.0
