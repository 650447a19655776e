// One binary for every part of the test cluster that is written in Go, picked by its first argument.
//
// One, because they share nine tenths of their code: six programs of 60 to 120 MB each would take as many links and
// six times the disk. The parts are the upstream programs, unchanged; only "provisioner" and "pause" are ours.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // client metrics, as the upstream programs register them
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

var components = map[string]func() *cobra.Command{
	"apiserver":          apiserver.NewAPIServerCommand,
	"controller-manager": controllers.NewControllerManagerCommand,
	"scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":            func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kubectl":            kubectl.NewDefaultKubectlCommand,
	"provisioner":        newProvisionerCommand,
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: kube {etcd|apiserver|controller-manager|scheduler|kubelet|kubectl|provisioner} [flags]")
		os.Exit(2)
	}
	name := os.Args[1]
	if name == "etcd" { // brings its own flag parser
		etcdmain.Main(append([]string{name}, os.Args[2:]...))
		return
	}
	component, known := components[name]
	if !known {
		fmt.Fprintf(os.Stderr, "kube has no component %q\n", name)
		os.Exit(2)
	}
	// Each program reads os.Args itself and must find its own name first.
	os.Args = append([]string{name}, os.Args[2:]...)
	os.Exit(cli.Run(component()))
}
