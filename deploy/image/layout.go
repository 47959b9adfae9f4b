package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

// The media types of the OCI image format, version 1.
const (
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

// nobody is the user and group of the program.
const nobody = 65532

// layout is an OCI image layout: blobs by their digest, and an index of the images for each architecture.
type layout struct {
	name, version string
	blobs         map[string][]byte
	order         []string
	images        []descriptor
}

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Platform    *platform         `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
}

func newLayout(name, version string) *layout {
	return &layout{name: name, version: version, blobs: map[string][]byte{}}
}

// add puts in the image of one architecture: a layer with what is the same for all versions, and one with the program.
func (l *layout) add(arch, program string, certificates []byte) error {
	binary, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	user := fmt.Sprintf("nonroot:x:%d:%d:nonroot:/:/sbin/nologin\n", nobody, nobody)
	base := []file{
		{name: "etc/passwd", content: []byte("root:x:0:0:root:/:/sbin/nologin\n" + user)},
		{name: "etc/group", content: fmt.Appendf(nil, "root:x:0:\nnonroot:x:%d:\n", nobody)},
		{name: "etc/ssl/certs/ca-certificates.crt", content: certificates},
		{name: "tmp/", mode: 0o1777},
		{name: "transforms/", mode: 0o755},
	}
	var layers []descriptor
	var unpacked []string
	for _, files := range [][]file{base, {{name: "inflect", content: binary, mode: 0o755}}} {
		zipped, digest, err := layer(files)
		if err != nil {
			return err
		}
		layers = append(layers, l.blob(typeLayer, zipped))
		unpacked = append(unpacked, digest)
	}
	config, err := l.document(typeConfig, map[string]any{
		"architecture": arch, "os": "linux", "created": time.Unix(0, 0).UTC(),
		"config": map[string]any{
			"User": fmt.Sprintf("%d:%d", nobody, nobody), "Entrypoint": []string{"/inflect"}, "WorkingDir": "/",
			"Env":    []string{"PATH=/", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"},
			"Labels": map[string]string{"org.opencontainers.image.title": l.name, "org.opencontainers.image.version": l.version},
		},
		"rootfs": map[string]any{"type": "layers", "diff_ids": unpacked},
	})
	if err != nil {
		return err
	}
	manifest, err := l.document(typeManifest, map[string]any{"schemaVersion": 2, "mediaType": typeManifest, "config": config, "layers": layers})
	manifest.Platform = &platform{Architecture: arch, OS: "linux"}
	l.images = append(l.images, manifest)
	return err
}

func (l *layout) document(mediaType string, v any) (descriptor, error) {
	text, err := json.Marshal(v)
	return l.blob(mediaType, text), err
}

func (l *layout) blob(mediaType string, content []byte) descriptor {
	d := digest(content)
	if _, ok := l.blobs[d]; !ok {
		l.blobs[d] = content
		l.order = append(l.order, d)
	}
	return descriptor{MediaType: mediaType, Digest: "sha256:" + d, Size: len(content)}
}

// write makes the layout's tar file.
func (l *layout) write(to string) error {
	all, err := l.document(typeIndex, map[string]any{"schemaVersion": 2, "mediaType": typeIndex, "manifests": l.images})
	if err != nil {
		return err
	}
	all.Annotations = map[string]string{"org.opencontainers.image.ref.name": l.version}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": typeIndex, "manifests": []descriptor{all}})
	if err != nil {
		return err
	}
	files := []file{{name: "oci-layout", content: []byte(`{"imageLayoutVersion":"1.0.0"}`)}, {name: "index.json", content: index}}
	for _, d := range l.order {
		files = append(files, file{name: "blobs/sha256/" + d, content: l.blobs[d]})
	}
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	if err := archive(f, files); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

// file is one of an archive; a name that ends in / is a folder.
type file struct {
	name    string
	content []byte
	mode    int64
}

// layer is the files as a compressed tar, and the digest of it as it was before.
func layer(files []file) (zipped []byte, plain string, err error) {
	var text, out bytes.Buffer
	if err := archive(&text, files); err != nil {
		return nil, "", err
	}
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text.Bytes()); err != nil {
		return nil, "", err
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return out.Bytes(), "sha256:" + digest(text.Bytes()), nil
}

// archive writes a tar that depends on nothing but the files.
func archive(to io.Writer, files []file) error {
	w := tar.NewWriter(to)
	for _, f := range files {
		mode := f.mode
		if mode == 0 {
			mode = 0o644
		}
		h := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: mode, Size: int64(len(f.content)), ModTime: time.Unix(0, 0)}
		if len(f.content) == 0 && f.name[len(f.name)-1] == '/' {
			h.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := w.Write(f.content); err != nil {
			return err
		}
	}
	return w.Close()
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
