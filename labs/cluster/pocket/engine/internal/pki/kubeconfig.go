package pki

import (
	"encoding/base64"
	"fmt"
)

const kubeconfig = `apiVersion: v1
kind: Config
clusters:
- name: labs-pocket
  cluster:
    server: %s
    certificate-authority-data: %s
users:
- name: %[3]s
  user:
    client-certificate-data: %[4]s
    client-key-data: %[5]s
contexts:
- name: labs-pocket
  context:
    cluster: labs-pocket
    user: %[3]s
current-context: labs-pocket
`

// Kubeconfig is the text of a kubeconfig file with everything embedded: server is its URL, name one of the client pairs.
func (s *Store) Kubeconfig(server, name string) []byte {
	pair := s.Pair(name)
	encode := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, kubeconfig, server, encode(s.Authority()), name, encode(pair.Certificate), encode(pair.Key))
}
