package bed

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func (p *pod) folder() string { return filepath.Join(p.node.dir, string(p.object.UID)) }

// mount makes the folders of the container's volumes, by the path they are mounted at.
func (p *pod) mount(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	for _, m := range p.container().VolumeMounts {
		for _, v := range p.object.Spec.Volumes {
			if v.Name != m.Name {
				continue
			}
			dir := filepath.Join(p.folder(), v.Name)
			if v.EmptyDir == nil {
				if err := os.RemoveAll(dir); err != nil {
					return nil, err
				}
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return nil, err
			}
			if err := p.fill(ctx, dir, v); err != nil {
				return nil, fmt.Errorf("mounting volume %s: %w", v.Name, err)
			}
			out[m.MountPath] = dir
		}
	}
	return out, nil
}

func (p *pod) fill(ctx context.Context, dir string, v corev1.Volume) error {
	switch {
	case v.EmptyDir != nil:
		return nil
	case v.ConfigMap != nil:
		return p.configMap(ctx, dir, v.ConfigMap.Name, v.ConfigMap.Optional)
	case v.Secret != nil:
		return p.secret(ctx, dir, v.Secret.SecretName, v.Secret.Optional)
	case v.Projected != nil:
		for _, s := range v.Projected.Sources {
			var err error
			switch {
			case s.ConfigMap != nil:
				err = p.configMap(ctx, dir, s.ConfigMap.Name, s.ConfigMap.Optional)
			case s.Secret != nil:
				err = p.secret(ctx, dir, s.Secret.Name, s.Secret.Optional)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("the node has no volumes of this kind")
}

func (p *pod) configMap(ctx context.Context, dir, name string, optional *bool) error {
	m, err := p.node.client.CoreV1().ConfigMaps(p.object.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) && optional != nil && *optional {
		return nil
	}
	if err != nil {
		return err
	}
	for key, value := range m.Data {
		if err := os.WriteFile(filepath.Join(dir, key), []byte(value), 0o644); err != nil {
			return err
		}
	}
	return write(dir, m.BinaryData)
}

func (p *pod) secret(ctx context.Context, dir, name string, optional *bool) error {
	s, err := p.node.client.CoreV1().Secrets(p.object.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) && optional != nil && *optional {
		return nil
	}
	if err != nil {
		return err
	}
	return write(dir, s.Data)
}

func write(dir string, files map[string][]byte) error {
	for key, value := range files {
		if err := os.WriteFile(filepath.Join(dir, key), value, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// environment is the container's, NAME=value each.
func (p *pod) environment(ctx context.Context) ([]string, error) {
	core := p.node.client.CoreV1()
	var out []string
	for _, from := range p.container().EnvFrom {
		if from.SecretRef == nil {
			return nil, fmt.Errorf("the node has no environment of this kind")
		}
		s, err := core.Secrets(p.object.Namespace).Get(ctx, from.SecretRef.Name, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		for name, value := range s.Data {
			out = append(out, name+"="+string(value))
		}
	}
	for _, e := range p.container().Env {
		value := e.Value
		switch from := e.ValueFrom; {
		case from == nil:
		case from.SecretKeyRef != nil:
			s, err := core.Secrets(p.object.Namespace).Get(ctx, from.SecretKeyRef.Name, metav1.GetOptions{})
			if err != nil {
				return nil, err
			}
			value = string(s.Data[from.SecretKeyRef.Key])
		case from.FieldRef != nil && from.FieldRef.FieldPath == "metadata.name":
			value = p.name
		default:
			return nil, fmt.Errorf("variable %s comes from where the node knows nothing of", e.Name)
		}
		out = append(out, e.Name+"="+value)
	}
	return out, nil
}

// anyAddress is a port of all addresses: of the pod's alone, in a cluster.
var anyAddress = regexp.MustCompile(`^:\d+$`)

// local puts the pod's folders and its address into an argument or a variable, after the = if there is one.
func (p *pod) local(text string, mounts map[string]string) string {
	before, value, named := strings.Cut(text, "=")
	if named {
		before += "="
	} else {
		before, value = "", text
	}
	if anyAddress.MatchString(value) {
		return before + p.ip + value
	}
	for path, dir := range mounts {
		if value == path || strings.HasPrefix(value, path+"/") {
			return before + dir + strings.TrimPrefix(value, path)
		}
	}
	return text
}
