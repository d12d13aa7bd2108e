// Package chaos makes of a fuzzer's bytes a cluster, and holds a controller in it to what is always so: it does not panic, its
// statuses keep to kstatus, it tells no secret, and it writes nothing once everything is as it should be.
//
// A controller's package imports it in its fuzz test, so it imports none of them. Start reading at Cluster.
package chaos
