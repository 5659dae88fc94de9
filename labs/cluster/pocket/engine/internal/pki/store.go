package pki

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Names of the pairs in a Store.
const (
	APIServer              = "apiserver"
	APIServerKubeletClient = "apiserver-kubelet-client"
	FrontProxyClient       = "front-proxy-client"
	Admin                  = "admin"
	ControllerManager      = "controller-manager"
	Scheduler              = "scheduler"
	CoreDNS                = "coredns"
	GPUs                   = "gpus"
)

// KubeletClient and KubeletServer name the two pairs of a node.
func KubeletClient(node string) string { return node + "-client" }

// KubeletServer names the serving pair of a node's kubelet.
func KubeletServer(node string) string { return node + "-server" }

// Host is a node with the address its kubelet serves on.
type Host struct {
	Name    string
	Address string
}

// Store is a folder of certificates. Its files are 0600, the folder 0700.
type Store struct {
	dir   string
	now   func() time.Time
	pairs map[string]Pair
}

// Open loads the certificates in dir, and issues those that are missing, expiring or made for another shape of the cluster.
func Open(dir string, nodes []Host, apiHosts []string) (*Store, error) {
	return open(dir, nodes, apiHosts, time.Now)
}

func open(dir string, nodes []Host, apiHosts []string, now func() time.Time) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of certificates: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, err
	}
	store := &Store{dir: dir, now: now, pairs: map[string]Pair{}}
	cluster, err := store.authority("ca", "pocket-ca")
	if err != nil {
		return nil, err
	}
	frontProxy, err := store.authority("front-proxy-ca", "pocket-front-proxy-ca")
	if err != nil {
		return nil, err
	}
	if err := store.serviceAccountKey(); err != nil {
		return nil, err
	}
	if err := store.leaf(frontProxy, FrontProxyClient, Subject{Name: FrontProxyClient}); err != nil {
		return nil, err
	}
	for name, subject := range subjects(nodes, apiHosts) {
		if err := store.leaf(cluster, name, subject); err != nil {
			return nil, err
		}
	}
	return store, nil
}

func subjects(nodes []Host, apiHosts []string) map[string]Subject {
	all := map[string]Subject{
		APIServer:              {Name: "kube-apiserver", Hosts: apiHosts, Server: true},
		APIServerKubeletClient: {Name: "kube-apiserver-kubelet-client", Groups: []string{"system:masters"}},
		Admin:                  {Name: "labs-admin", Groups: []string{"system:masters"}},
		ControllerManager:      {Name: "system:kube-controller-manager"},
		Scheduler:              {Name: "system:kube-scheduler"},
		CoreDNS:                {Name: "system:coredns"},
		GPUs:                   {Name: "labs:gpus"},
	}
	for _, node := range nodes {
		user := "system:node:" + node.Name
		all[KubeletClient(node.Name)] = Subject{Name: user, Groups: []string{"system:nodes"}}
		all[KubeletServer(node.Name)] = Subject{Name: user, Groups: []string{"system:nodes"}, Hosts: []string{node.Name, node.Address}, Server: true}
	}
	return all
}

// Pair returns a pair by its name; it panics on a name that Open did not issue.
func (s *Store) Pair(name string) Pair {
	pair, known := s.pairs[name]
	if !known {
		panic("no certificate named " + name)
	}
	return pair
}

// Authority returns the PEM certificate that signs all but the front proxy's.
func (s *Store) Authority() []byte { return s.pairs["ca"].Certificate }

// CertificateFile and KeyFile are the paths that a program is given.
func (s *Store) CertificateFile(name string) string { return filepath.Join(s.dir, name+".crt") }

// KeyFile is the path of a private key.
func (s *Store) KeyFile(name string) string { return filepath.Join(s.dir, name+".key") }

func (s *Store) authority(name, commonName string) (*authority, error) {
	if pair, err := s.read(name); err == nil {
		if known, err := parseAuthority(pair); err == nil && inTime(known.certificate, s.now()) {
			s.pairs[name] = pair
			return known, nil
		}
	}
	made, err := newAuthority(commonName, s.now())
	if err != nil {
		return nil, err
	}
	return made, s.write(name, made.pair)
}

func (s *Store) leaf(by *authority, name string, subject Subject) error {
	if pair, err := s.read(name); err == nil && by.valid(pair, subject, s.now()) {
		s.pairs[name] = pair
		return nil
	}
	pair, err := by.issue(subject, s.now())
	if err != nil {
		return err
	}
	return s.write(name, pair)
}

func (s *Store) serviceAccountKey() error {
	file := s.KeyFile("service-account")
	if data, err := os.ReadFile(file); err == nil {
		if _, err := parseKey(data); err == nil {
			return nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	return WriteFile(file, key)
}

func (s *Store) read(name string) (Pair, error) {
	certificate, err := os.ReadFile(s.CertificateFile(name))
	if err != nil {
		return Pair{}, err
	}
	key, err := os.ReadFile(s.KeyFile(name))
	return Pair{Certificate: certificate, Key: key}, err
}

func (s *Store) write(name string, pair Pair) error {
	s.pairs[name] = pair
	if err := WriteFile(s.KeyFile(name), pair.Key); err != nil {
		return err
	}
	return WriteFile(s.CertificateFile(name), pair.Certificate)
}

// WriteFile replaces a file atomically; only its owner can read it.
func WriteFile(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if _, err := file.Write(data); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
