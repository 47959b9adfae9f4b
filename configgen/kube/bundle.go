package kube

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// The API server takes objects of about 1 MiB; binary data is half again as large on its way to etcd's limit of 1.5 MiB.
const (
	maxPlain = 256 << 10
	maxPart  = 700 << 10
	maxParts = 4
)

// part is the content of one ConfigMap.
type part struct {
	data   map[string]string
	binary map[string][]byte
}

// bundle lays a stream config out in ConfigMaps: as it is while that is small, so that people can read it, else
// compressed and in as many parts as it takes. The engine joins parts that are named alike and compares the hash, since
// ConfigMaps are not changed together.
func bundle(name string, config []byte) ([]part, error) {
	if len(config) <= maxPlain {
		return []part{{data: map[string]string{name + ".yaml": string(config)}}}, nil
	}
	var zipped bytes.Buffer
	w, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(config)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("compressing the config of pipeline %s: %w", name, err)
	}
	sum := sha256.Sum256(config)
	var parts []part
	for rest := zipped.Bytes(); len(rest) > 0; {
		n := min(len(rest), maxPart)
		key := fmt.Sprintf("%s.yaml.gz.%03d", name, len(parts))
		parts = append(parts, part{data: map[string]string{}, binary: map[string][]byte{key: rest[:n]}})
		rest = rest[n:]
	}
	if len(parts) > maxParts {
		return nil, fmt.Errorf("the config of pipeline %s has %d bytes, compressed %d: at most %d fit into ConfigMaps", name, len(config), zipped.Len(), maxParts*maxPart)
	}
	parts[0].data[name+".sha256"] = hex.EncodeToString(sum[:])
	return parts, nil
}
