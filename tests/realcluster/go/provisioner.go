// Storage for the test cluster: volumes are directories on the machine that runs all its nodes.
//
// Built on the library that most external provisioners are built on, so that events, retries, finalizers and
// annotations are the usual ones. It answers under the names of two well-known provisioners, because clients decide by
// those names what a class can do, and refuses what they refuse, in their words.
//
// It makes each directory itself instead of by a helper pod: binding takes milliseconds and no image.
// It does not limit how much a volume holds: neither do the two it stands in for.
package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v10/controller"
)

const (
	nodeProvisioner   = "rancher.io/local-path" // one node's disk: the default class of kind and k3s
	sharedProvisioner = "nfs.csi.k8s.io"        // a file server that every node mounts
	brokenProvisioner = "broken.kt-jupyter.dev/always-fails"
)

// directories makes one directory per volume, bound to the selected node unless shared.
type directories struct {
	base   string
	shared bool
}

func (d directories) Provision(_ context.Context, o controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	var affinity *core.VolumeNodeAffinity
	path := filepath.Join(d.base, "shared", o.PVName)
	if !d.shared {
		for _, mode := range o.PVC.Spec.AccessModes {
			if mode != core.ReadWriteOnce && mode != core.ReadWriteOncePod {
				return refuse("NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes")
			}
		}
		if o.PVC.Spec.Selector != nil {
			return refuse("claim.Spec.Selector is not supported")
		}
		if o.SelectedNode == nil {
			return refuse("configuration error, no node was specified")
		}
		affinity = onlyOn(o.SelectedNode.Name)
		path = filepath.Join(d.base, o.SelectedNode.Name, o.PVName)
	}
	if err := makeWritableByAll(path); err != nil {
		return nil, controller.ProvisioningFinished, err
	}
	directory := core.HostPathDirectory
	return &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: o.PVName},
		Spec: core.PersistentVolumeSpec{
			PersistentVolumeReclaimPolicy: *o.StorageClass.ReclaimPolicy,
			AccessModes:                   o.PVC.Spec.AccessModes,
			VolumeMode:                    o.PVC.Spec.VolumeMode,
			Capacity:                      core.ResourceList{core.ResourceStorage: o.PVC.Spec.Resources.Requests[core.ResourceStorage]},
			PersistentVolumeSource:        core.PersistentVolumeSource{HostPath: &core.HostPathVolumeSource{Path: path, Type: &directory}},
			NodeAffinity:                  affinity,
		},
	}, controller.ProvisioningFinished, nil
}

func (d directories) Delete(_ context.Context, volume *core.PersistentVolume) error {
	return os.RemoveAll(volume.Spec.HostPath.Path)
}

// broken stands for a storage system that is down: every claim of its class stays pending, with the reason in an event.
type broken struct{}

func (broken) Provision(context.Context, controller.ProvisionOptions) (*core.PersistentVolume, controller.ProvisioningState, error) {
	return refuse("the storage backend of this class is out of order: it makes no volumes")
}

func (broken) Delete(context.Context, *core.PersistentVolume) error { return nil }

func refuse(reason string) (*core.PersistentVolume, controller.ProvisioningState, error) {
	return nil, controller.ProvisioningFinished, errors.New(reason)
}

func onlyOn(node string) *core.VolumeNodeAffinity {
	return &core.VolumeNodeAffinity{Required: &core.NodeSelector{NodeSelectorTerms: []core.NodeSelectorTerm{{
		MatchExpressions: []core.NodeSelectorRequirement{{
			Key: core.LabelHostname, Operator: core.NodeSelectorOpIn, Values: []string{node},
		}},
	}}}}
}

// makeWritableByAll lets pods of any user write, as a volume of their own would: the umask must not narrow the mode.
func makeWritableByAll(path string) error {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return err
	}
	return os.Chmod(path, 0o777)
}

func newProvisionerCommand() *cobra.Command {
	var kubeconfig, base string
	command := &cobra.Command{
		Use: "provisioner",
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return err
			}
			client, err := kubernetes.NewForConfig(config)
			if err != nil {
				return err
			}
			serve(command.Context(), client, base)
			return nil
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "kubeconfig of the provisioner's user")
	command.Flags().StringVar(&base, "directory", "", "directory that holds the volumes")
	return command
}

// serve runs one controller per provisioner name until the process ends.
func serve(ctx context.Context, client kubernetes.Interface, base string) {
	provisioners := map[string]controller.Provisioner{
		nodeProvisioner:   directories{base: base},
		sharedProvisioner: directories{base: base, shared: true},
		brokenProvisioner: broken{},
	}
	for name, provisioner := range provisioners {
		// FailedProvisionThreshold 0: try for ever, with back-off, as provisioners in production do.
		go controller.NewProvisionController(klog.Background(), client, name, provisioner,
			controller.LeaderElection(false), controller.FailedProvisionThreshold(0)).Run(ctx)
	}
	<-ctx.Done()
}
