package pki

import "encoding/json"

// Kubeconfig returns a self-contained kubeconfig file for the client of the pair at the server's URL. It is JSON,
// which every reader of YAML takes.
func (a *Authority) Kubeconfig(server string, client Pair) ([]byte, error) {
	type object = map[string]any
	const name = "local"
	return json.MarshalIndent(object{
		"apiVersion": "v1",
		"kind":       "Config",
		"clusters": []object{{"name": name, "cluster": object{
			"server": server, "certificate-authority-data": a.Pair.Certificate,
		}}},
		"users": []object{{"name": name, "user": object{
			"client-certificate-data": client.Certificate, "client-key-data": client.Key,
		}}},
		"contexts":        []object{{"name": name, "context": object{"cluster": name, "user": name}}},
		"current-context": name,
	}, "", "  ")
}
