// Command kube is etcd, kube-apiserver and kube-controller-manager in one program, chosen by the first argument: they
// share most of their code, so that one link takes a third of the time and space of three.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	if len(os.Args) < 2 {
		exit("usage: kube etcd|apiserver|controller-manager [flags]")
	}
	name := os.Args[1]
	os.Args = append([]string{name}, os.Args[2:]...)
	var command *cobra.Command
	switch name {
	case "etcd":
		etcdmain.Main(os.Args)
		return
	case "apiserver":
		command = apiserver.NewAPIServerCommand()
	case "controller-manager":
		command = controllermanager.NewControllerManagerCommand()
	default:
		exit("there is no component " + name)
	}
	os.Exit(cli.Run(command))
}

func exit(why string) {
	fmt.Fprintln(os.Stderr, "kube:", why)
	os.Exit(2)
}
